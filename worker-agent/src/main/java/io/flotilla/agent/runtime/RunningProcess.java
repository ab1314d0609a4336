package io.flotilla.agent.runtime;

/**
 * A process that is told from a later one with the same pid.
 *
 * @param pid in the host's pid namespace
 * @param startTimeTicks field 22 of /proc/PID/stat, clock ticks since boot
 */
public record RunningProcess(int pid, long startTimeTicks) {}
