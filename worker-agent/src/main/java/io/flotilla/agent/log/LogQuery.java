package io.flotilla.agent.log;

/**
 * Which lines to read.
 *
 * @param sinceNanos first time wanted, since the epoch; 0: from the beginning
 * @param untilNanos last time wanted; 0: without end
 * @param tail lines from the end, before the other conditions apply, as in Docker; negative: all
 * @param follow wait for more until the container ends
 */
public record LogQuery(long sinceNanos, long untilNanos, long tail, boolean follow) {}
