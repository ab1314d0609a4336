package io.flotilla.bus.codec;

/** What JSON can say and what is behind it can't take. */
public final class JsonText {
    private JsonText() {}

    /**
     * Whether a NUL character is in it, as an escape or as the byte. The kernel's strings end at one: a name or a path that
     * has one is another to it than to those who checked it. JSON of UTF-16 or UTF-32 always has the byte.
     */
    public static boolean hasNul(byte[] json) {
        for (int i = 0; i < json.length; i++) {
            if (json[i] == 0 || json[i] == '\\' && isEscapedNul(json, i + 1)) {
                return true;
            }
            if (json[i] == '\\') {
                i++; // what is escaped, which may be a backslash
            }
        }
        return false;
    }

    private static boolean isEscapedNul(byte[] json, int at) {
        if (at + 4 >= json.length || json[at] != 'u') {
            return false;
        }
        for (int i = at + 1; i <= at + 4; i++) {
            if (json[i] != '0') {
                return false;
            }
        }
        return true;
    }
}
