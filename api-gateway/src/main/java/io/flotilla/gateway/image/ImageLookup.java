package io.flotilla.gateway.image;

import io.flotilla.bus.schema.Image;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.view.ClusterImage;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the image a user names.
 *
 * @param image what was found
 * @param reference the stored name it was found by, null when it was its ID
 */
public record ImageLookup(Image image, @Nullable String reference) {
    private static final int SHORTEST_ID_CHARS = "sha256:".length() + 1;

    /** @throws ApiException 404 No such image, 400 when it is no name or an ambiguous ID */
    public static ImageLookup find(ClusterImage cluster, String name) {
        return search(cluster, name).orElseThrow(() -> ApiException.notFound("No such image: " + shown(name)));
    }

    // the order of daemon/images: complete ID, name, digest, beginning of an ID
    static Optional<ImageLookup> search(ClusterImage cluster, String name) {
        Optional<String> idPrefix = ImageName.idPrefix(name);
        if (idPrefix.isPresent()) {
            Optional<Image> complete = cluster.image(idPrefix.get()).filter(ImageLookup::present);
            if (complete.isPresent()) {
                return complete.map(image -> new ImageLookup(image, null));
            }
        }
        if (!name.startsWith("sha256:")) {
            Optional<ImageLookup> byName = byName(cluster, ImageName.parse(name));
            if (byName.isPresent()) {
                return byName;
            }
        }
        return idPrefix.flatMap(prefix -> byIdPrefix(cluster, prefix, name));
    }

    private static Optional<ImageLookup> byName(ClusterImage cluster, ImageName wanted) {
        for (Image image : cluster.images()) {
            if (!present(image)) {
                continue;
            }
            if (wanted.digest() != null) {
                String byDigest = wanted.repository() + "@" + wanted.digest();
                if (image.repoDigests().contains(byDigest)) {
                    return Optional.of(new ImageLookup(image, byDigest));
                }
                continue;
            }
            for (String tag : image.repoTags()) {
                if (ImageName.parse(tag).tagged().equals(wanted.tagged())) {
                    return Optional.of(new ImageLookup(image, tag));
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<ImageLookup> byIdPrefix(ClusterImage cluster, String prefix, String name) {
        if (prefix.length() < SHORTEST_ID_CHARS) {
            return Optional.empty();
        }
        List<Image> found = cluster.images().stream()
                .filter(ImageLookup::present)
                .filter(image -> image.id().startsWith(prefix))
                .toList();
        if (found.size() > 1) {
            throw ApiException.invalid("ambiguous image ID: " + name);
        }
        return found.stream().findFirst().map(image -> new ImageLookup(image, null));
    }

    static boolean present(Image image) {
        return !Boolean.TRUE.equals(image.removed());
    }

    private static String shown(String name) {
        return name.startsWith("sha256:") ? name : ImageName.parse(name).shown();
    }
}
