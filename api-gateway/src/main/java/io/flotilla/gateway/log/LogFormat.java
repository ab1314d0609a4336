package io.flotilla.gateway.log;

import io.flotilla.gateway.stream.StreamHeader;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.stream.Collectors;

/**
 * Bytes of a log line on the wire. With a TTY the bare line, else behind the frame of the attach protocol: stream, three
 * zeroes, big-endian length. Timestamps come first, then details, then the line.
 */
record LogFormat(boolean multiplexed, boolean timestamps, boolean details) {
    private static final byte[] NO_PREFIX = {};
    // RFC3339NanoFixed: always nine decimals
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'").withZone(ZoneOffset.UTC);

    byte[] encode(LogLine line) {
        byte[] prefix = line.stream() == LogLine.ENGINE ? NO_PREFIX : prefix(line);
        int header = multiplexed ? StreamHeader.BYTES : 0;
        byte[] bytes = new byte[header + prefix.length + line.line().length];
        System.arraycopy(prefix, 0, bytes, header, prefix.length);
        System.arraycopy(line.line(), 0, bytes, header + prefix.length, line.line().length);
        if (multiplexed) {
            StreamHeader.put(bytes, line.stream());
        }
        return bytes;
    }

    private byte[] prefix(LogLine line) {
        if (!timestamps && !details) {
            return NO_PREFIX;
        }
        StringBuilder prefix = new StringBuilder();
        if (timestamps) {
            prefix.append(TIME.format(Instant.ofEpochSecond(0, line.timeNanos())))
                    .append(' ');
        }
        if (details) {
            // clients split at commas and the first space, hence Docker's url.QueryEscape
            prefix.append(line.details().entrySet().stream()
                            .map(entry -> escape(entry.getKey()) + "=" + escape(entry.getValue()))
                            .collect(Collectors.joining(",")))
                    .append(' ');
        }
        return prefix.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
