package io.flotilla.gateway.image;

import io.flotilla.bus.node.LoadedImage;
import io.flotilla.bus.rpc.PullRequest;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Query;
import io.flotilla.gateway.stream.Sink;
import io.flotilla.gateway.view.ClusterImage;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.List;

/** `docker pull`: to one node, from which the others take it. */
record ImagePull(Gateway gateway, ImageName name, boolean allTags) {

    /** @param query fromImage, which may bear a tag or digest, and tag, which may be a digest; without either all tags */
    static ImagePull of(Gateway gateway, Query query) {
        ImageName name = ImageName.parse(query.text("fromImage"));
        String tag = query.text("tag");
        if (!tag.isEmpty()) {
            name = tag.contains(":") ? ImageName.parse(name.repository() + "@" + tag) : name.withTag(tag);
        }
        return new ImagePull(gateway, name, name.tag() == null && name.digest() == null);
    }

    Response run(ApiRequest request) {
        PullRequest pull = PullRequest.newBuilder()
                .setReference(reference())
                .setAllTags(allTags)
                .setPlatform(request.query().text("platform"))
                .setAuth(RegistryAuth.decode(request.header(RegistryAuth.HEADER)))
                .build();
        ClusterImage before = gateway.image();
        TransferAnswer transfer =
                new TransferAnswer(gateway.view(), gateway.imageCalls().pull(ImageNodes.any(gateway), pull));
        transfer.begin(request);
        return request.stream("application/json", sink -> relay(transfer, before, sink));
    }

    /** Of a tag and a digest the digest says what is meant, as in Docker. */
    private String reference() {
        if (name.digest() != null) {
            return name.repository() + "@" + name.digest();
        }
        return allTags ? name.repository() : name.tagged();
    }

    private void relay(TransferAnswer transfer, ClusterImage before, Sink sink) throws IOException {
        try (transfer) {
            List<LoadedImage> images = transfer.relay(sink);
            boolean known = images.stream().allMatch(image -> knew(before, image));
            String shown = allTags ? name.repository() : reference();
            sink.write(JsonLines.status(
                    "Status: " + (known ? "Image is up to date for " : "Downloaded newer image for ") + shown));
        } catch (ApiException e) {
            sink.write(JsonLines.error(e.text()));
        }
    }

    /** The registry's name for it may be new although the image is the same: the tag alone decides, as in Docker. */
    private static boolean knew(ClusterImage before, LoadedImage pulled) {
        boolean byDigest = pulled.names().isEmpty();
        return before.image(pulled.id())
                .filter(ImageLookup::present)
                .map(image -> byDigest ? image.repoDigests() : image.repoTags())
                .map(names -> names.containsAll(byDigest ? pulled.digests() : pulled.names()))
                .orElse(false);
    }
}
