package io.flotilla.agent.image.registry;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.content.Digest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An image name as a registry is asked for it. The grammar of distribution/reference.
 *
 * @param registry host[:port], docker.io where the name has none
 * @param path of the repository, with Docker Hub's library/
 * @param tag null when only a digest says what is meant, or nothing does
 */
public record RegistryReference(
        String registry,
        String path,
        @Nullable String tag,
        @Nullable Digest digest) {
    public static final String HUB = "docker.io";
    private static final int MAX_LENGTH = 512;
    private static final String COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
    private static final Pattern GRAMMAR =
            Pattern.compile("(?<name>(?:(?:\\[[0-9a-fA-F:]+]|[A-Za-z0-9.-]+)(?::[0-9]+)?/)?" + COMPONENT + "(?:/"
                    + COMPONENT + ")*)(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>.+))?");

    /** @throws ImageRefused in Docker's words when the text is no reference */
    public static RegistryReference parse(String text) throws ImageRefused {
        Matcher match = GRAMMAR.matcher(text);
        if (text.length() > MAX_LENGTH || !match.matches()) {
            throw new ImageRefused(Reason.INVALID, "invalid reference format: " + text);
        }
        String name = match.group("name");
        Digest digest = match.group("digest") == null ? null : Digest.require(match.group("digest"), text);
        int slash = name.indexOf('/');
        String first = slash < 0 ? "" : name.substring(0, slash);
        boolean hosted = first.contains(".") || first.contains(":") || first.equals("localhost");
        String registry = hosted ? first : HUB;
        String path = hosted ? name.substring(slash + 1) : name;
        if (registry.equals("index.docker.io")) {
            registry = HUB;
        }
        boolean official = registry.equals(HUB) && path.indexOf('/') < 0;
        return new RegistryReference(registry, official ? "library/" + path : path, match.group("tag"), digest);
    }

    public boolean isHub() {
        return registry.equals(HUB);
    }

    /** Without tag and digest, as docker shows it. */
    public String familiarName() {
        if (!isHub()) {
            return registry + "/" + path;
        }
        return path.startsWith("library/") ? path.substring("library/".length()) : path;
    }

    /** As docker shows it. */
    public String familiar() {
        return familiarName() + (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
    }

    /** What the manifest is asked for by: the digest where there is one, since a tag may have moved. */
    public String target() {
        if (digest != null) {
            return digest.toString();
        }
        return tag == null ? "latest" : tag;
    }

    public RegistryReference withTag(String other) {
        return new RegistryReference(registry, path, other, null);
    }

    /** name@sha256:..., which names one content for ever. */
    public String pinned(Digest manifest) {
        return familiarName() + "@" + manifest;
    }
}
