package io.flotilla.gateway.image;

import com.google.protobuf.ByteString;
import io.flotilla.bus.rpc.PushRequest;
import io.flotilla.bus.schema.Image;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.stream.Sink;
import io.flotilla.gateway.view.ClusterImage;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * `docker push` of one tag, or of all a repository has.
 *
 * @param images by tagged name
 */
record ImagePush(Gateway gateway, String repository, Map<String, Image> images) {

    /** @param tag empty for all @throws ApiException 404 when there is no such name */
    static ImagePush of(Gateway gateway, ImageName name, String tag) {
        ClusterImage cluster = gateway.image();
        Map<String, Image> images = new TreeMap<>();
        String single = tag.isEmpty() ? name.tag() : name.withTag(tag).tag();
        for (Image image : cluster.images()) {
            if (ImageLookup.present(image)) {
                image.repoTags().stream()
                        .filter(each -> matches(each, name, single))
                        .forEach(each -> images.put(each, image));
            }
        }
        if (images.isEmpty()) {
            throw ApiException.notFound("An image does not exist locally with the tag: " + name.repository());
        }
        return new ImagePush(gateway, name.repository(), images);
    }

    private static boolean matches(String tagged, ImageName name, @Nullable String tag) {
        ImageName each = ImageName.parse(tagged);
        return each.repository().equals(name.repository()) && (tag == null || tag.equals(each.tag()));
    }

    /** From the first line on with status 200: what fails is an error line, as in dockerd. */
    Response run(ApiRequest request) {
        var auth = RegistryAuth.decode(request.header(RegistryAuth.HEADER));
        return request.stream("application/json", sink -> {
            sink.write(JsonLines.status("The push refers to repository [" + ImageName.whole(repository) + "]"));
            try {
                for (Map.Entry<String, Image> each : images.entrySet()) {
                    push(each.getValue(), each.getKey(), auth, sink);
                }
            } catch (ApiException e) {
                sink.write(JsonLines.error(e.text()));
            }
        });
    }

    private void push(Image image, String reference, ByteString auth, Sink sink) throws IOException {
        PushRequest push = PushRequest.newBuilder()
                .setImageId(image.id())
                .setReference(reference)
                .setAuth(auth)
                .build();
        var node = ImageNodes.holding(gateway, List.of(image));
        try (TransferAnswer transfer =
                new TransferAnswer(gateway.view(), gateway.imageCalls().push(node, push))) {
            var _ = transfer.relay(sink);
        }
    }
}
