package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Statistics sample for a container.
 *
 * @param id ID of the container for which the stats were collected.
 * @param name Name of the container for which the stats were collected.
 * @param osType OSType is the OS of the container ("linux" or "windows") to allow platform-specific handling of stats.
 * @param read Date and time at which this sample was collected.
 * @param cpuStats CPU related info of the container
 * @param memoryStats Aggregates all memory stats since container inception on Linux.
 * @param networks Network statistics for the container per interface.
 * @param pidsStats PidsStats contains Linux-specific stats of a container's process-IDs (PIDs).
 * @param blkioStats BlkioStats stores all IO service stats for data read and write.
 * @param numProcs The number of processors on the system.
 * @param preread Date and time at which this first sample was collected.
 * @param precpuStats CPU related info of the container
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerStatsResponse(
        @JsonProperty("id") @Nullable String id,
        @JsonProperty("name") @Nullable String name,
        @JsonProperty("os_type") @Nullable String osType,
        @JsonProperty("read") @Nullable Instant read,
        @JsonProperty("cpu_stats") @Nullable ContainerCPUStats cpuStats,
        @JsonProperty("memory_stats") @Nullable ContainerMemoryStats memoryStats,
        @JsonProperty("networks") Map<String, ContainerNetworkStats> networks,
        @JsonProperty("pids_stats") @Nullable ContainerPidsStats pidsStats,
        @JsonProperty("blkio_stats") @Nullable ContainerBlkioStats blkioStats,
        @JsonProperty("num_procs") @Nullable Long numProcs,
        @JsonProperty("preread") @Nullable Instant preread,
        @JsonProperty("precpu_stats") @Nullable ContainerCPUStats precpuStats)
        implements ContainerStatsResponseBuilder.With {
    public ContainerStatsResponse {
        networks = Frozen.map(networks);
    }
}
