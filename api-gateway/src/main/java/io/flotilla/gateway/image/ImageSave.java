package io.flotilla.gateway.image;

import io.flotilla.bus.rpc.Chunk;
import io.flotilla.bus.rpc.SaveRequest;
import io.flotilla.bus.rpc.SavedImage;
import io.flotilla.bus.schema.Image;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.rpc.NodeStream;
import io.flotilla.gateway.view.ClusterImage;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** `docker save`: images and the names they are to have in the archive. */
record ImageSave(Gateway gateway, Map<Image, Set<String>> images) {

    /** A repository alone stands for all its tags, an ID or digest for an image without name. @throws ApiException 404 */
    static ImageSave of(Gateway gateway, List<String> names) {
        if (names.isEmpty()) {
            throw ApiException.invalid("no image is named");
        }
        ClusterImage cluster = gateway.image();
        Map<Image, Set<String>> images = new LinkedHashMap<>();
        for (String name : names) {
            if (!allTags(cluster, name, images)) {
                ImageLookup found = ImageLookup.find(cluster, name);
                Set<String> references = images.computeIfAbsent(found.image(), image -> new LinkedHashSet<>());
                String reference = found.reference();
                if (reference != null && !reference.contains("@")) {
                    references.add(reference);
                }
            }
        }
        return new ImageSave(gateway, images);
    }

    private static boolean allTags(ClusterImage cluster, String name, Map<Image, Set<String>> images) {
        if (name.startsWith("sha256:")) {
            return false;
        }
        ImageName wanted = ImageName.parse(name);
        if (wanted.tag() != null || wanted.digest() != null) {
            return false;
        }
        boolean found = false;
        for (Image image : cluster.images()) {
            if (!ImageLookup.present(image)) {
                continue;
            }
            for (String tag : image.repoTags()) {
                if (ImageName.parse(tag).repository().equals(wanted.repository())) {
                    found = true;
                    var _ = images.computeIfAbsent(image, each -> new LinkedHashSet<>())
                            .add(tag);
                }
            }
        }
        return found;
    }

    Response run(ApiRequest request) {
        SaveRequest.Builder save = SaveRequest.newBuilder();
        images.forEach((image, references) ->
                save.addImage(SavedImage.newBuilder().setImageId(image.id()).addAllReferences(references)));
        NodeStream<Chunk> chunks =
                gateway.imageCalls().save(ImageNodes.holding(gateway, List.copyOf(images.keySet())), save.build());
        Chunk first;
        try {
            first = request.first(chunks);
        } catch (ApiException e) {
            chunks.close();
            throw e;
        }
        return request.stream("application/x-tar", sink -> {
            try (chunks) {
                sink.onGone(chunks::close);
                for (Chunk chunk = first; chunk != null; chunk = chunks.next()) {
                    sink.write(chunk.getData().toByteArray());
                }
            }
        });
    }
}
