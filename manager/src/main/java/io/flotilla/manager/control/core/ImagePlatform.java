package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.Image;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whether an image is of the platform a client asks for; moby's daemon/images/image.go. */
final class ImagePlatform {
    private ImagePlatform() {}

    /**
     * Not found when it is of another one, so that the client pulls the right one.
     *
     * @param wanted os[/arch[/variant]] or an architecture alone; null: any
     */
    static @Nullable Refusal mismatch(Image image, String reference, @Nullable String wanted) {
        if (wanted == null || wanted.isEmpty()) {
            return null;
        }
        String[] parts = wanted.split("/", 3);
        String os = parts.length == 1 && !parts[0].equalsIgnoreCase("linux") ? "linux" : parts[0];
        String architecture = parts.length > 1 ? parts[1] : parts[0].equalsIgnoreCase("linux") ? "" : parts[0];
        String variant = parts.length > 2 ? parts[2] : "";
        boolean matches = fits(os, part(image, "os"))
                && fits(goName(architecture), part(image, "architecture"))
                && fits(variant, part(image, "variant"));
        return matches
                ? null
                : Refusal.notFound("image with reference " + reference
                        + " was found but does not match the specified platform: wanted " + wanted + ", actual: "
                        + part(image, "os") + "/" + part(image, "architecture"));
    }

    private static String part(Image image, String name) {
        return image.config().path(name).asText("");
    }

    /** What neither side tells does not part them. */
    private static boolean fits(String wanted, String actual) {
        return wanted.isEmpty() || actual.isEmpty() || wanted.equalsIgnoreCase(actual);
    }

    private static String goName(String architecture) {
        return switch (architecture.toLowerCase(Locale.ROOT)) {
            case "x86_64", "x86-64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> architecture;
        };
    }
}
