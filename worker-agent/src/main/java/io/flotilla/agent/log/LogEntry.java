package io.flotilla.agent.log;

import io.flotilla.agent.runtime.OutputSink.Stream;
import java.util.Map;

/**
 * One line of a container's output, or a part of one longer than 16 KiB.
 *
 * @param timeNanos since the epoch
 * @param line with its newline if it had one
 */
public record LogEntry(Stream stream, long timeNanos, byte[] line, Map<String, String> attributes) {}
