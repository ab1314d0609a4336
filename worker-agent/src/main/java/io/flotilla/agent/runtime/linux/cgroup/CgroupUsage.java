package io.flotilla.agent.runtime.linux.cgroup;

import io.flotilla.agent.runtime.ResourceUsage.BlockDevice;
import java.util.List;
import java.util.Map;

/** What the kernel counted for a group, in the same units from either version; a limit of Long.MAX_VALUE is none. */
public record CgroupUsage(Cpu cpu, Memory memory, long pids, long pidsLimit, Map<String, BlockDevice> blockDevices) {
    /** @param perCoreNanos version 1 only */
    public record Cpu(
            long totalNanos,
            long userNanos,
            long kernelNanos,
            List<Long> perCoreNanos,
            long periods,
            long throttledPeriods,
            long throttledNanos) {}

    /** @param stats memory.stat as the kernel words it */
    public record Memory(
            long usageBytes, long maxUsageBytes, long limitBytes, long failures, Map<String, Long> stats) {}
}
