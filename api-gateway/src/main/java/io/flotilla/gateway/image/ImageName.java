package io.flotilla.gateway.image;

import io.flotilla.gateway.error.ApiException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of an image as a user writes it: [host[:port]/]path[:tag][@digest]. The grammar of distribution/reference.
 *
 * @param repository in the familiar form, without docker.io/ and library/
 */
public record ImageName(
        String repository, @Nullable String tag, @Nullable String digest) {
    private static final int MAX_REPOSITORY_CHARS = 255;
    private static final String COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
    private static final Pattern PATH = Pattern.compile(COMPONENT + "(?:/" + COMPONENT + ")*");
    private static final Pattern HOST = Pattern.compile("(?:\\[[0-9a-fA-F:]+]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
            + "(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::[0-9]+)?");
    private static final Pattern TAG = Pattern.compile("\\w[\\w.-]{0,127}");
    private static final Pattern DIGEST =
            Pattern.compile("[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}");

    /** @throws ApiException 400 in Docker's words when it is no name */
    public static ImageName parse(String text) {
        String rest = text;
        String digest = null;
        int at = rest.indexOf('@');
        if (at >= 0) {
            digest = rest.substring(at + 1);
            require(DIGEST.matcher(digest).matches());
            rest = rest.substring(0, at);
        }
        String tag = null;
        int colon = rest.indexOf(':', rest.lastIndexOf('/') + 1);
        if (colon >= 0) {
            tag = rest.substring(colon + 1);
            require(TAG.matcher(tag).matches());
            rest = rest.substring(0, colon);
        }
        return new ImageName(familiar(rest), tag, digest);
    }

    private static String familiar(String repository) {
        require(!repository.isEmpty() && repository.length() <= MAX_REPOSITORY_CHARS);
        int slash = repository.indexOf('/');
        String first = slash < 0 ? "" : repository.substring(0, slash);
        boolean hasHost = first.contains(".")
                || first.contains(":")
                || first.equals("localhost")
                || !first.equals(first.toLowerCase(Locale.ROOT));
        String path = hasHost ? repository.substring(slash + 1) : repository;
        if (!path.equals(path.toLowerCase(Locale.ROOT))) {
            throw ApiException.invalid("invalid reference format: repository name (" + path + ") must be lowercase");
        }
        require(PATH.matcher(path).matches());
        boolean hub = !hasHost || first.equals("docker.io") || first.equals("index.docker.io");
        if (hub) {
            return path.startsWith("library/") ? path.substring("library/".length()) : path;
        }
        require(HOST.matcher(first).matches());
        return first + "/" + path;
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw ApiException.invalid("invalid reference format");
        }
    }

    /** Its image ID, where the text is one or the beginning of one. */
    static Optional<String> idPrefix(String text) {
        Matcher match = Pattern.compile("(?:sha256:)?([0-9a-f]{1,64})").matcher(text);
        return match.matches() ? Optional.of("sha256:" + match.group(1)) : Optional.empty();
    }

    /** repository:tag, latest where none was written. */
    public String tagged() {
        return repository + ":" + (tag == null ? "latest" : tag);
    }

    /** As Docker shows it in messages. */
    public String shown() {
        return digest == null ? tagged() : repository + (tag == null ? "" : ":" + tag) + "@" + digest;
    }

    /** With the parts that Docker leaves out: docker.io/library/nginx. @param repository familiar */
    static String whole(String repository) {
        int slash = repository.indexOf('/');
        String first = slash < 0 ? "" : repository.substring(0, slash);
        if (first.contains(".") || first.contains(":") || first.equals("localhost")) {
            return repository;
        }
        return "docker.io/" + (slash < 0 ? "library/" : "") + repository;
    }

    /** @throws ApiException 400 when it is no tag */
    public ImageName withTag(String newTag) {
        if (!TAG.matcher(newTag).matches()) {
            throw ApiException.invalid("invalid tag format");
        }
        return new ImageName(repository, newTag, null);
    }
}
