package io.flotilla.agent.runtime;

import java.time.Instant;

/**
 * How a container's first process ended.
 *
 * @param exitCode as Docker tells it: the exit status, or 128 + signal
 * @param oomKilled the kernel's out-of-memory killer ended a process of the container
 * @param known false when the process ended while no agent watched and the kernel no longer tells; exitCode is then 255
 */
public record Exit(int exitCode, boolean oomKilled, Instant finishedAt, boolean known) {
    /** The exit of a process whose status nobody collected. */
    public static Exit unknown(Instant noticedAt) {
        return new Exit(255, false, noticedAt, false);
    }
}
