package io.flotilla.agent.image.archive;

import java.util.Optional;
import java.util.regex.Pattern;

/** References as docker shows them: nginx:latest for docker.io/library/nginx:latest. */
final class ImageName {
    private static final int MAX_LENGTH = 512;
    /** [host[:port]/]path[:tag]; the grammar of distribution's reference package. */
    private static final Pattern REFERENCE =
            Pattern.compile("(?:[A-Za-z0-9.-]+(?::[0-9]+)?/|\\[[0-9a-fA-F:]+](?::[0-9]+)?/)?"
                    + "[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?<tag>:\\w[\\w.-]{0,127})?");

    private ImageName() {}

    /** @return familiar and with a tag; empty when it is no reference */
    static Optional<String> complete(String reference) {
        if (reference.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        var match = REFERENCE.matcher(reference);
        if (!match.matches()) {
            return Optional.empty();
        }
        String familiar = reference.replaceFirst("^(index\\.)?docker\\.io/(library/)?", "");
        return Optional.of(match.group("tag") == null ? familiar + ":latest" : familiar);
    }

    /** With the parts docker leaves out. @param reference complete, familiar */
    static String whole(String reference) {
        int slash = reference.indexOf('/');
        String first = slash < 0 ? "" : reference.substring(0, slash);
        if (first.contains(".") || first.contains(":") || first.equals("localhost")) {
            return reference;
        }
        return "docker.io/" + (slash < 0 ? "library/" : "") + reference;
    }

    /** @param reference complete */
    static String tag(String reference) {
        return reference.substring(reference.lastIndexOf(':') + 1);
    }
}
