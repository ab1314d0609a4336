package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;

/**
 * BlkioStats stores all IO service stats for data read and write.
 *
 * @param ioServicedRecursive This field is only available when using Linux containers with cgroups v1.
 * @param ioQueueRecursive This field is only available when using Linux containers with cgroups v1.
 * @param ioServiceTimeRecursive This field is only available when using Linux containers with cgroups v1.
 * @param ioWaitTimeRecursive This field is only available when using Linux containers with cgroups v1.
 * @param ioMergedRecursive This field is only available when using Linux containers with cgroups v1.
 * @param ioTimeRecursive This field is only available when using Linux containers with cgroups v1.
 * @param sectorsRecursive This field is only available when using Linux containers with cgroups v1.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerBlkioStats(
        @JsonProperty("io_service_bytes_recursive") List<ContainerBlkioStatEntry> ioServiceBytesRecursive,
        @JsonProperty("io_serviced_recursive") List<ContainerBlkioStatEntry> ioServicedRecursive,
        @JsonProperty("io_queue_recursive") List<ContainerBlkioStatEntry> ioQueueRecursive,
        @JsonProperty("io_service_time_recursive") List<ContainerBlkioStatEntry> ioServiceTimeRecursive,
        @JsonProperty("io_wait_time_recursive") List<ContainerBlkioStatEntry> ioWaitTimeRecursive,
        @JsonProperty("io_merged_recursive") List<ContainerBlkioStatEntry> ioMergedRecursive,
        @JsonProperty("io_time_recursive") List<ContainerBlkioStatEntry> ioTimeRecursive,
        @JsonProperty("sectors_recursive") List<ContainerBlkioStatEntry> sectorsRecursive)
        implements ContainerBlkioStatsBuilder.With {
    public ContainerBlkioStats {
        ioServiceBytesRecursive = Frozen.list(ioServiceBytesRecursive);
        ioServicedRecursive = Frozen.list(ioServicedRecursive);
        ioQueueRecursive = Frozen.list(ioQueueRecursive);
        ioServiceTimeRecursive = Frozen.list(ioServiceTimeRecursive);
        ioWaitTimeRecursive = Frozen.list(ioWaitTimeRecursive);
        ioMergedRecursive = Frozen.list(ioMergedRecursive);
        ioTimeRecursive = Frozen.list(ioTimeRecursive);
        sectorsRecursive = Frozen.list(sectorsRecursive);
    }
}
