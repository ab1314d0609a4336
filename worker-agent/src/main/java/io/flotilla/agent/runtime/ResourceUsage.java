package io.flotilla.agent.runtime;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A container's counters at one moment, the same whether they come from cgroup v1 or v2.
 *
 * @param cpuPerCoreNanos empty with cgroup v2, which does not tell
 * @param memoryLimitBytes the host's memory when the container has no limit
 * @param memoryStats memory.stat as the kernel words it
 */
public record ResourceUsage(
        Instant readAt,
        long cpuTotalNanos,
        long cpuUserNanos,
        long cpuKernelNanos,
        List<Long> cpuPerCoreNanos,
        long throttledPeriods,
        long cpuPeriods,
        long throttledNanos,
        long systemCpuNanos,
        int onlineCpus,
        long memoryUsageBytes,
        long memoryMaxUsageBytes,
        long memoryLimitBytes,
        long memoryFailures,
        Map<String, Long> memoryStats,
        long pids,
        long pidsLimit,
        Map<String, BlockDevice> blockDevices,
        Map<String, NetworkInterface> interfaces) {

    /** Block I/O of one device, keyed by major:minor. */
    public record BlockDevice(long readBytes, long writeBytes, long readOperations, long writeOperations) {}

    /** Counters of one network interface as the container sees it. */
    public record NetworkInterface(
            long rxBytes,
            long rxPackets,
            long rxErrors,
            long rxDropped,
            long txBytes,
            long txPackets,
            long txErrors,
            long txDropped) {}
}
