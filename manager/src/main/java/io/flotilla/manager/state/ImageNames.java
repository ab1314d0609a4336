package io.flotilla.manager.state;

import io.flotilla.bus.schema.Image;
import java.util.List;
import java.util.Optional;

/** Docker's rules for what an image reference means in this cluster. */
public final class ImageNames {
    private static final String DIGEST = "@sha256:";
    private static final int MIN_ID_PREFIX = 4;

    private ImageNames() {}

    /**
     * The familiar, complete form of a reference: without docker.io and library, with a tag unless it has a digest.
     */
    public static String familiar(String reference) {
        String rest = reference;
        int at = rest.indexOf(DIGEST);
        String digest = at < 0 ? "" : rest.substring(at);
        rest = at < 0 ? rest : rest.substring(0, at);
        for (String prefix : List.of("docker.io/", "index.docker.io/", "library/")) {
            rest = rest.startsWith(prefix) ? rest.substring(prefix.length()) : rest;
        }
        boolean tagged = rest.lastIndexOf(':') > rest.lastIndexOf('/');
        return tagged || !digest.isEmpty() ? rest + digest : rest + ":latest";
    }

    /** The image a reference, an ID or the beginning of one stands for; none when it is unknown, removed or ambiguous. */
    public static Optional<Image> resolve(ClusterState state, String reference) {
        String familiar = familiar(reference);
        int at = familiar.indexOf(DIGEST);
        String tag = at < 0 ? familiar : familiar.substring(0, at);
        Optional<Image> tagged = state.imageTagged(tag);
        if (at >= 0) {
            // a digest says which content: the manifest's where one was pulled, else the image's own
            String id = familiar.substring(at + 1);
            String name = repository(tag) + familiar.substring(at);
            return state.images().stream()
                    .filter(image ->
                            image.repoDigests().contains(name) || image.id().equals(id))
                    .filter(ImageNames::present)
                    .findFirst();
        }
        return tagged.isPresent() ? tagged.filter(ImageNames::present) : byId(state, reference);
    }

    private static Optional<Image> byId(ClusterState state, String reference) {
        String hex = reference.startsWith("sha256:") ? reference.substring("sha256:".length()) : reference;
        if (hex.length() < MIN_ID_PREFIX || !hex.chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
            return Optional.empty();
        }
        String prefix = "sha256:" + hex;
        Optional<Image> whole = state.image(prefix);
        if (whole.isPresent()) {
            return whole.filter(ImageNames::present);
        }
        List<Image> matching = state.images().stream()
                .filter(image -> present(image) && image.id().startsWith(prefix))
                .limit(2)
                .toList();
        return matching.size() == 1 ? Optional.of(matching.getFirst()) : Optional.empty();
    }

    /** Without its tag. */
    public static String repository(String reference) {
        int colon = reference.lastIndexOf(':');
        return colon > reference.lastIndexOf('/') ? reference.substring(0, colon) : reference;
    }

    private static boolean present(Image image) {
        return !Boolean.TRUE.equals(image.removed());
    }
}
