package io.flotilla.gateway.log;

import io.flotilla.gateway.stream.StreamHeader;
import java.io.ByteArrayOutputStream;
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
    // RFC3339NanoFixed: always nine decimals
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'").withZone(ZoneOffset.UTC);

    byte[] encode(LogLine line) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(StreamHeader.BYTES + line.line().length + 64);
        if (multiplexed) {
            out.writeBytes(new byte[StreamHeader.BYTES]);
        }
        if (line.stream() != LogLine.ENGINE) {
            out.writeBytes(prefix(line).getBytes(StandardCharsets.UTF_8));
        }
        out.writeBytes(line.line());
        byte[] bytes = out.toByteArray();
        if (multiplexed) {
            StreamHeader.put(bytes, line.stream());
        }
        return bytes;
    }

    private String prefix(LogLine line) {
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
        return prefix.toString();
    }

    private static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
