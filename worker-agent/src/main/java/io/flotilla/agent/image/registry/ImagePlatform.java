package io.flotilla.agent.image.registry;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** What a manifest in an index is for. @param variant empty for none */
public record ImagePlatform(String os, String architecture, String variant) {
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9_.-]+");
    /** containerd's platforms package normalises the machine names of uname(1) too. */
    private static final Map<String, String> ARCHITECTURES = Map.of(
            "x86_64", "amd64", "x86-64", "amd64", "aarch64", "arm64", "i386", "386", "armhf", "arm", "armel", "arm");

    public static ImagePlatform ofThisMachine() {
        return new ImagePlatform("linux", System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64", "");
    }

    /** @param text os[/arch[/variant]] or an architecture alone; empty for this machine's own */
    public static ImagePlatform parse(String text) throws ImageRefused {
        ImagePlatform own = ofThisMachine();
        if (text.isEmpty()) {
            return own;
        }
        String[] parts = text.toLowerCase(Locale.ROOT).split("/", -1);
        boolean wellFormed = parts.length <= 3;
        for (String part : parts) {
            wellFormed &= PART.matcher(part).matches();
        }
        if (!wellFormed) {
            throw new ImageRefused(
                    Reason.INVALID, "\"" + text + "\" is an invalid platform: want os[/architecture[/variant]]");
        }
        if (parts.length == 1) {
            boolean os = parts[0].equals("linux") || parts[0].equals("windows");
            return os ? new ImagePlatform(parts[0], own.architecture, "") : of("linux", parts[0], "");
        }
        return of(parts[0], parts[1], parts.length == 3 ? parts[2] : "");
    }

    private static ImagePlatform of(String os, String architecture, String variant) {
        String known = ARCHITECTURES.getOrDefault(architecture, architecture);
        // an arm64 without a variant is v8
        return new ImagePlatform(os, known, known.equals("arm64") && variant.equals("v8") ? "" : variant);
    }

    /** Whether an image for the other platform is what was asked for. */
    boolean accepts(ImagePlatform other) {
        ImagePlatform image = of(other.os, other.architecture, other.variant);
        return os.equals(image.os)
                && architecture.equals(image.architecture)
                && (variant.isEmpty() || variant.equals(image.variant));
    }

    @Override
    public String toString() {
        return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
    }
}
