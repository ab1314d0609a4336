package io.flotilla.gateway.log;

import io.flotilla.bus.rpc.LogFrame;
import io.flotilla.gateway.stream.StreamHeader;
import java.util.Map;
import java.util.TreeMap;

/**
 * One line of a log.
 *
 * @param stream 1 stdout, 2 stderr, 3 a message of the engine itself
 * @param details shown before the line when asked for
 */
record LogLine(int stream, long timeNanos, Map<String, String> details, byte[] line) {
    static final int ENGINE = StreamHeader.ENGINE;

    /** @param more details beside the container's own */
    static LogLine of(LogFrame frame, Map<String, String> more) {
        return new LogLine(
                frame.getStream(),
                frame.getTimeNanos(),
                details(frame.getAttributesMap(), more),
                frame.getLine().toByteArray());
    }

    private static Map<String, String> details(Map<String, String> own, Map<String, String> more) {
        if (own.isEmpty() && more.isEmpty()) {
            return Map.of();
        }
        Map<String, String> details = new TreeMap<>(own);
        details.putAll(more);
        return details;
    }
}
