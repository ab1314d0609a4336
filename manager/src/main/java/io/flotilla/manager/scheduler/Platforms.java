package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Platform;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Platforms under one name each: images say amd64 where the kernel says x86_64. */
final class Platforms {
    private Platforms() {}

    private static final Platform UNKNOWN = new Platform(null, null);

    static Platform of(Node node) {
        Platform platform =
                node.description() == null ? null : node.description().platform();
        return platform == null ? UNKNOWN : platform;
    }

    static String architecture(@Nullable String name) {
        String lower = Objects.requireNonNullElse(name, "").toLowerCase(Locale.ROOT);
        return switch (lower) {
            case "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> lower;
        };
    }

    /** Whether what an image asks for, unset meaning anything, is what a node has. */
    static boolean runsOn(Platform wanted, Platform node) {
        String architecture = architecture(wanted.architecture());
        String os = Objects.requireNonNullElse(wanted.os(), "");
        return (architecture.isEmpty() || architecture.equals(architecture(node.architecture())))
                && (os.isEmpty() || os.equalsIgnoreCase(node.os()));
    }
}
