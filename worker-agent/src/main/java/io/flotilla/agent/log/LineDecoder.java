package io.flotilla.agent.log;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.bus.codec.Codec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads lines of json-file logs: by hand the form {@link LineEncoder} and dockerd write, with Jackson any other. A line that
 * is no such JSON, torn by a crash, is null. Not safe for concurrent use.
 */
final class LineDecoder {
    private static final byte[] BEGIN = ascii("{\"log\":\"");
    private static final byte[] STDOUT = ascii("\",\"stream\":\"stdout\",\"time\":\"");
    private static final byte[] STDERR = ascii("\",\"stream\":\"stderr\",\"time\":\"");
    private static final int SECONDS_LENGTH = "2006-01-02T15:04:05".length();

    private byte[] text = new byte[1024];
    private int textLength;
    private byte[] cachedTime = {};
    private long cachedSecond;

    @Nullable
    LogEntry decode(byte[] bytes, int from, int to) {
        LogEntry entry = quick(bytes, from, to);
        return entry == null ? general(bytes, from, to) : entry;
    }

    private @Nullable LogEntry quick(byte[] bytes, int from, int to) {
        if (!startsWith(bytes, from, to, BEGIN)) {
            return null;
        }
        int at = unescape(bytes, from + BEGIN.length, to);
        if (at < 0) {
            return null;
        }
        Stream stream;
        if (startsWith(bytes, at, to, STDOUT)) {
            stream = Stream.STDOUT;
        } else if (startsWith(bytes, at, to, STDERR)) {
            stream = Stream.STDERR;
        } else {
            return null;
        }
        long nanos = time(bytes, at + STDOUT.length, to);
        return nanos == Long.MIN_VALUE ? null : new LogEntry(stream, nanos, Arrays.copyOf(text, textLength), Map.of());
    }

    /** Puts the string's characters into text; the position of its closing quote, or negative where it has none. */
    private int unescape(byte[] bytes, int from, int to) {
        if (text.length < to - from) {
            text = new byte[Math.max(text.length * 2, to - from)];
        }
        byte[] out = text;
        int written = 0;
        int at = from;
        while (at < to) {
            byte b = bytes[at];
            if (b == '"') {
                textLength = written;
                return at;
            }
            if (b != '\\') {
                out[written++] = b;
                at++;
                continue;
            }
            if (at + 1 >= to) {
                return -1;
            }
            byte escaped = bytes[at + 1];
            at += 2;
            switch (escaped) {
                case 'n' -> out[written++] = '\n';
                case 'r' -> out[written++] = '\r';
                case 't' -> out[written++] = '\t';
                case 'b' -> out[written++] = '\b';
                case 'f' -> out[written++] = '\f';
                case '"', '\\', '/' -> out[written++] = escaped;
                case 'u' -> {
                    int character = at + 4 <= to ? hex(bytes, at) : -1;
                    if (character < 0 || Character.isSurrogate((char) character)) {
                        return -1;
                    }
                    byte[] encoded = String.valueOf((char) character).getBytes(StandardCharsets.UTF_8);
                    System.arraycopy(encoded, 0, out, written, encoded.length);
                    written += encoded.length;
                    at += 4;
                }
                default -> {
                    return -1;
                }
            }
        }
        return -1;
    }

    private static int hex(byte[] bytes, int at) {
        int value = 0;
        for (int i = at; i < at + 4; i++) {
            int digit = Character.digit(bytes[i], 16);
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** Nanoseconds of "2006-01-02T15:04:05.999999999Z"} at the position; MIN_VALUE where it is not of this form. */
    private long time(byte[] bytes, int from, int to) {
        int at = from + SECONDS_LENGTH;
        if (at >= to) {
            return Long.MIN_VALUE;
        }
        if (cachedTime.length == 0 || !Arrays.equals(cachedTime, 0, SECONDS_LENGTH, bytes, from, at)) {
            byte[] seconds = Arrays.copyOfRange(bytes, from, at);
            try {
                cachedSecond = LocalDateTime.parse(new String(seconds, StandardCharsets.US_ASCII))
                        .toEpochSecond(ZoneOffset.UTC);
            } catch (DateTimeParseException notThisForm) {
                return Long.MIN_VALUE;
            }
            cachedTime = seconds;
        }
        long nanos = 0;
        if (bytes[at] == '.') {
            int digits = 0;
            for (at++; at < to && bytes[at] >= '0' && bytes[at] <= '9' && digits < 9; at++) {
                nanos = nanos * 10 + (bytes[at] - '0');
                digits++;
            }
            for (; digits < 9; digits++) {
                nanos *= 10;
            }
        }
        boolean ends = at + 3 == to && bytes[at] == 'Z' && bytes[at + 1] == '"' && bytes[at + 2] == '}';
        return ends ? cachedSecond * 1_000_000_000L + nanos : Long.MIN_VALUE;
    }

    private static @Nullable LogEntry general(byte[] bytes, int from, int to) {
        try {
            JsonNode node = Codec.JSON.mapper().readTree(bytes, from, to - from);
            if (!node.isObject() || !node.has("time")) {
                return null;
            }
            Instant time = Instant.parse(node.path("time").asText());
            Map<String, String> attributes = new LinkedHashMap<>();
            node.path("attrs")
                    .properties()
                    .forEach(entry ->
                            attributes.put(entry.getKey(), entry.getValue().asText()));
            return new LogEntry(
                    node.path("stream").asText().equals("stderr") ? Stream.STDERR : Stream.STDOUT,
                    time.getEpochSecond() * 1_000_000_000L + time.getNano(),
                    node.path("log").asText().getBytes(StandardCharsets.UTF_8),
                    attributes);
        } catch (IOException | DateTimeParseException torn) {
            return null;
        }
    }

    private static boolean startsWith(byte[] bytes, int from, int to, byte[] prefix) {
        return to - from >= prefix.length && Arrays.equals(bytes, from, from + prefix.length, prefix, 0, prefix.length);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
