package io.flotilla.agent.log;

import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.bus.codec.Codec;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Map;

/**
 * Writes lines as Docker's json-file driver does, {@code {"log":"text\n","stream":"stdout","time":"..."}}, into a buffer
 * that is reused. Escapes what Go's encoder escapes; bytes that are not UTF-8 become U+FFFD. Not safe for concurrent use.
 */
final class LineEncoder {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BEGIN = ascii("{\"log\":\"");
    private static final byte[] STDOUT = ascii("\",\"stream\":\"stdout\"");
    private static final byte[] STDERR = ascii("\",\"stream\":\"stderr\"");
    private static final byte[] TIME = ascii(",\"time\":\"");
    private static final byte[] END = ascii("Z\"}\n");
    private static final byte[] REPLACEMENT = ascii("\\ufffd");
    /** A byte of text takes at most six, \\u0000. */
    private static final int WORST_ESCAPE = 6;

    private static final int OVERHEAD = 128;

    private final byte[] attributes;
    private byte[] buffer = new byte[1024];
    private int length;
    private long cachedSecond = Long.MIN_VALUE;
    private byte[] cachedText = {};

    LineEncoder(Map<String, String> attributes) {
        this.attributes =
                attributes.isEmpty() ? new byte[0] : concatenate(ascii(",\"attrs\":"), Codec.JSON.encode(attributes));
    }

    byte[] buffer() {
        return buffer;
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
    }

    /** Appends one line made of what was kept from earlier and {@code text[from, to)}. */
    void append(Stream stream, Instant time, byte[] kept, int keptLength, byte[] text, int from, int to) {
        reserve((keptLength + to - from) * WORST_ESCAPE + OVERHEAD + attributes.length);
        put(BEGIN);
        if (keptLength == 0) {
            escape(text, from, to);
        } else {
            // a character may be split between the two parts
            byte[] whole = Arrays.copyOf(kept, keptLength + to - from);
            System.arraycopy(text, from, whole, keptLength, to - from);
            escape(whole, 0, whole.length);
        }
        put(stream == Stream.STDOUT ? STDOUT : STDERR);
        put(attributes);
        put(TIME);
        time(time);
        put(END);
    }

    private void escape(byte[] text, int from, int to) {
        byte[] out = buffer;
        int at = length;
        int i = from;
        while (i < to) {
            byte b = text[i];
            if (b >= 0x20 && b != '"' && b != '\\' && b != '<' && b != '>' && b != '&') {
                out[at++] = b;
                i++;
            } else if (b >= 0) {
                at = escapeAscii(out, at, b);
                i++;
            } else {
                int size = Utf8.sequence(text, i, to);
                if (size == 0) {
                    System.arraycopy(REPLACEMENT, 0, out, at, REPLACEMENT.length);
                    at += REPLACEMENT.length;
                    i++;
                } else if (lineSeparator(text, i, size)) {
                    byte[] escaped = ascii(text[i + 2] == (byte) 0xA8 ? "\\u2028" : "\\u2029");
                    System.arraycopy(escaped, 0, out, at, escaped.length);
                    at += escaped.length;
                    i += size;
                } else {
                    System.arraycopy(text, i, out, at, size);
                    at += size;
                    i += size;
                }
            }
        }
        length = at;
    }

    /** U+2028 and U+2029, which Go escapes for JavaScript's sake. */
    private static boolean lineSeparator(byte[] text, int at, int size) {
        return size == 3
                && text[at] == (byte) 0xE2
                && text[at + 1] == (byte) 0x80
                && (text[at + 2] == (byte) 0xA8 || text[at + 2] == (byte) 0xA9);
    }

    private static int escapeAscii(byte[] out, int start, byte b) {
        int at = start;
        out[at++] = '\\';
        switch (b) {
            case '"', '\\' -> out[at++] = b;
            case '\n' -> out[at++] = 'n';
            case '\r' -> out[at++] = 'r';
            default -> {
                out[at++] = 'u';
                out[at++] = '0';
                out[at++] = '0';
                out[at++] = HEX[b >> 4];
                out[at++] = HEX[b & 15];
            }
        }
        return at;
    }

    /** RFC 3339 with as many digits of the second as are not zero, as Go writes it. */
    private void time(Instant time) {
        if (time.getEpochSecond() != cachedSecond) {
            cachedSecond = time.getEpochSecond();
            cachedText = ascii(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss")
                    .format(LocalDateTime.ofEpochSecond(cachedSecond, 0, ZoneOffset.UTC)));
        }
        put(cachedText);
        int nanos = time.getNano();
        if (nanos == 0) {
            return;
        }
        int digits = 9;
        while (nanos % 10 == 0) {
            nanos /= 10;
            digits--;
        }
        buffer[length] = '.';
        for (int i = digits; i > 0; i--) {
            buffer[length + i] = (byte) ('0' + nanos % 10);
            nanos /= 10;
        }
        length += digits + 1;
    }

    private void put(byte[] bytes) {
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
    }

    private void reserve(int more) {
        if (buffer.length - length < more) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + more));
        }
    }

    private static byte[] concatenate(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
