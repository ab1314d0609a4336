package io.flotilla.gateway.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.schema.Image;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The layers of images, several of which may have the same. */
final class ImageLayers {
    private ImageLayers() {}

    static boolean counts(Image image) {
        return ImageLookup.present(image);
    }

    /** Unpacked bytes by diff ID. */
    static Map<String, Long> sizes(Image image) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        JsonNode diffIds = image.config().path("rootfs").path("diff_ids");
        for (int i = 0; i < diffIds.size() && i < image.layerSizesBytes().size(); i++) {
            sizes.put(diffIds.get(i).asText(), image.layerSizesBytes().get(i));
        }
        return sizes;
    }

    /** In how many of the images each layer is. */
    static Map<String, Integer> users(Collection<Image> images) {
        Map<String, Integer> users = new HashMap<>();
        images.stream()
                .filter(ImageLayers::counts)
                .forEach(image -> sizes(image).keySet().forEach(layer -> users.merge(layer, 1, Integer::sum)));
        return users;
    }

    /** Bytes of the image's layers that others of the images have too. */
    static long sharedBytes(Image image, Map<String, Integer> users) {
        return sizes(image).entrySet().stream()
                .filter(layer -> users.getOrDefault(layer.getKey(), 0) > 1)
                .mapToLong(Map.Entry::getValue)
                .sum();
    }
}
