package io.flotilla.agent.image.content;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A sha256 digest, the only algorithm in use among images (descriptor.md of the OCI image specification).
 *
 * @param hex 64 lower-case hexadecimal digits, so it is safe as a file name
 */
public record Digest(String hex) {
    private static final String PREFIX = "sha256:";
    private static final Pattern HEX = Pattern.compile("[a-f0-9]{64}");
    /** What docker shows of an ID. */
    private static final int SHORT_DIGITS = 12;

    public Digest {
        if (!HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException("not a sha256 digest: " + hex);
        }
    }

    /** @return empty when the text is not {@code sha256:} and 64 hexadecimal digits */
    public static Optional<Digest> of(String text) {
        return text.startsWith(PREFIX) ? ofHex(text.substring(PREFIX.length())) : Optional.empty();
    }

    public static Optional<Digest> ofHex(String hex) {
        return HEX.matcher(hex).matches() ? Optional.of(new Digest(hex)) : Optional.empty();
    }

    /** @param where what names the digest, for the message */
    public static Digest require(String text, String where) throws ImageRefused {
        return of(text).orElseThrow(() -> new ImageRefused(
                Reason.INVALID, where + " has unsupported digest \"" + text + "\": want sha256:<64 hex digits>"));
    }

    public static Digest ofContent(byte[] content) {
        return result(sha256().digest(content));
    }

    /** Ends the computation and resets it. */
    public static Digest ofFinished(MessageDigest computation) {
        return result(computation.digest());
    }

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    public String shortHex() {
        return hex.substring(0, SHORT_DIGITS);
    }

    @Override
    public String toString() {
        return PREFIX + hex;
    }

    private static Digest result(byte[] sum) {
        return new Digest(HexFormat.of().formatHex(sum));
    }
}
