package io.flotilla.agent.log;

/** Well-formed UTF-8 byte sequences, RFC 3629 section 4. */
final class Utf8 {
    private Utf8() {}

    /** Bytes of the well-formed sequence of more than one byte at {@code at}, or 0 when there is none. */
    static int sequence(byte[] text, int at, int end) {
        int first = text[at] & 0xFF;
        if (first >= 0xC2 && first <= 0xDF) {
            return continues(text, at + 1, end, 0x80, 0xBF) ? 2 : 0;
        }
        if (first >= 0xE0 && first <= 0xEF) {
            int low = first == 0xE0 ? 0xA0 : 0x80;
            int high = first == 0xED ? 0x9F : 0xBF;
            return continues(text, at + 1, end, low, high) && continues(text, at + 2, end, 0x80, 0xBF) ? 3 : 0;
        }
        if (first >= 0xF0 && first <= 0xF4) {
            int low = first == 0xF0 ? 0x90 : 0x80;
            int high = first == 0xF4 ? 0x8F : 0xBF;
            return continues(text, at + 1, end, low, high)
                            && continues(text, at + 2, end, 0x80, 0xBF)
                            && continues(text, at + 3, end, 0x80, 0xBF)
                    ? 4
                    : 0;
        }
        return 0;
    }

    private static boolean continues(byte[] text, int at, int end, int low, int high) {
        return at < end && (text[at] & 0xFF) >= low && (text[at] & 0xFF) <= high;
    }
}
