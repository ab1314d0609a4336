package io.flotilla.agent.stats;

import io.flotilla.agent.runtime.ResourceUsage;
import io.flotilla.bus.schema.ContainerBlkioStatEntry;
import io.flotilla.bus.schema.ContainerBlkioStats;
import io.flotilla.bus.schema.ContainerBlkioStatsBuilder;
import io.flotilla.bus.schema.ContainerCPUStats;
import io.flotilla.bus.schema.ContainerCPUUsage;
import io.flotilla.bus.schema.ContainerMemoryStats;
import io.flotilla.bus.schema.ContainerMemoryStatsBuilder;
import io.flotilla.bus.schema.ContainerNetworkStats;
import io.flotilla.bus.schema.ContainerNetworkStatsBuilder;
import io.flotilla.bus.schema.ContainerPidsStats;
import io.flotilla.bus.schema.ContainerStatsResponse;
import io.flotilla.bus.schema.ContainerStatsResponseBuilder;
import io.flotilla.bus.schema.ContainerThrottlingData;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** One sample of docker stats, from the counters now and at the sample before. Pure. */
public final class StatsSample {
    private static final Instant ZERO_TIME = Instant.parse("0001-01-01T00:00:00Z");
    private static final ContainerCPUStats NO_CPU = new ContainerCPUStats(
            new ContainerCPUUsage(0L, List.of(), 0L, 0L), 0L, 0L, new ContainerThrottlingData(0L, 0L, 0L));

    private StatsSample() {}

    /** @param before null for a first sample; clients compute CPU shares from the difference */
    public static ContainerStatsResponse of(String id, String name, ResourceUsage now, @Nullable ResourceUsage before) {
        return ContainerStatsResponseBuilder.builder()
                .id(id)
                .name("/" + name)
                .osType("linux")
                .read(now.readAt())
                .preread(before == null ? ZERO_TIME : before.readAt())
                .cpuStats(cpu(now))
                .precpuStats(before == null ? NO_CPU : cpu(before))
                .memoryStats(memory(now))
                .pidsStats(new ContainerPidsStats(now.pids(), now.pidsLimit()))
                .blkioStats(blockIo(now.blockDevices()))
                .networks(networks(now.interfaces()))
                .numProcs(0L)
                .build();
    }

    /** Of a container that does not run: Docker sends zeros. */
    public static ContainerStatsResponse stopped(String id, String name) {
        return ContainerStatsResponseBuilder.builder()
                .id(id)
                .name("/" + name)
                .osType("linux")
                .read(ZERO_TIME)
                .preread(ZERO_TIME)
                .cpuStats(NO_CPU)
                .precpuStats(NO_CPU)
                .memoryStats(ContainerMemoryStatsBuilder.builder().build())
                .pidsStats(new ContainerPidsStats(null, null))
                .blkioStats(ContainerBlkioStatsBuilder.builder().build())
                .numProcs(0L)
                .build();
    }

    private static ContainerCPUStats cpu(ResourceUsage usage) {
        return new ContainerCPUStats(
                new ContainerCPUUsage(
                        usage.cpuTotalNanos(), usage.cpuPerCoreNanos(), usage.cpuKernelNanos(), usage.cpuUserNanos()),
                usage.systemCpuNanos(),
                (long) usage.onlineCpus(),
                new ContainerThrottlingData(usage.cpuPeriods(), usage.throttledPeriods(), usage.throttledNanos()));
    }

    private static ContainerMemoryStats memory(ResourceUsage usage) {
        return ContainerMemoryStatsBuilder.builder()
                .usage(usage.memoryUsageBytes())
                .maxUsage(usage.memoryMaxUsageBytes())
                .limit(usage.memoryLimitBytes())
                .failcnt(usage.memoryFailures())
                .stats(usage.memoryStats())
                .build();
    }

    private static ContainerBlkioStats blockIo(Map<String, ResourceUsage.BlockDevice> devices) {
        return ContainerBlkioStatsBuilder.builder()
                .ioServiceBytesRecursive(
                        entries(devices, ResourceUsage.BlockDevice::readBytes, ResourceUsage.BlockDevice::writeBytes))
                .ioServicedRecursive(entries(
                        devices, ResourceUsage.BlockDevice::readOperations, ResourceUsage.BlockDevice::writeOperations))
                .build();
    }

    private static List<ContainerBlkioStatEntry> entries(
            Map<String, ResourceUsage.BlockDevice> devices,
            ToLongFunction<ResourceUsage.BlockDevice> read,
            ToLongFunction<ResourceUsage.BlockDevice> write) {
        List<ContainerBlkioStatEntry> entries = new ArrayList<>();
        new TreeMap<>(devices).forEach((device, counters) -> {
            String[] numbers = device.split(":", 2);
            long major = Long.parseLong(numbers[0]);
            long minor = Long.parseLong(numbers[1]);
            entries.add(new ContainerBlkioStatEntry(major, minor, "read", read.applyAsLong(counters)));
            entries.add(new ContainerBlkioStatEntry(major, minor, "write", write.applyAsLong(counters)));
        });
        return entries;
    }

    private static Map<String, ContainerNetworkStats> networks(Map<String, ResourceUsage.NetworkInterface> interfaces) {
        Map<String, ContainerNetworkStats> networks = new TreeMap<>();
        interfaces.forEach((name, counters) -> {
            if (!name.equals("lo")) {
                networks.put(
                        name,
                        ContainerNetworkStatsBuilder.builder()
                                .rxBytes(counters.rxBytes())
                                .rxPackets(counters.rxPackets())
                                .rxErrors(counters.rxErrors())
                                .rxDropped(counters.rxDropped())
                                .txBytes(counters.txBytes())
                                .txPackets(counters.txPackets())
                                .txErrors(counters.txErrors())
                                .txDropped(counters.txDropped())
                                .build());
            }
        });
        return networks;
    }
}
