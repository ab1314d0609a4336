package io.flotilla.agent.runtime.linux.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/** File names as strings of octets: one char a byte, whatever the encoding of the name. */
public final class Octets {

    private Octets() {}

    public static String of(byte[] bytes) {
        return new String(bytes, ISO_8859_1);
    }

    /** The octets of a text's UTF-8 form. */
    public static String ofText(String text) {
        return of(text.getBytes(UTF_8));
    }

    /** For messages to people; what is not UTF-8 becomes replacement characters. */
    public static String toText(String octets) {
        return new String(bytes(octets), UTF_8);
    }

    public static byte[] bytes(String octets) {
        return octets.getBytes(ISO_8859_1);
    }

    /** A C string. A NUL inside would silently cut the name short, so it is a caller's bug. */
    static byte[] terminated(String octets) {
        if (octets.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("NUL in file name " + toText(octets));
        }
        byte[] bytes = bytes(octets);
        return Arrays.copyOf(bytes, bytes.length + 1);
    }
}
