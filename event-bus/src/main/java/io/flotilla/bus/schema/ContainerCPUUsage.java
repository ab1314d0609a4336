package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All CPU stats aggregated since container inception.
 *
 * @param totalUsage Total CPU time consumed in nanoseconds (Linux) or 100's of nanoseconds (Windows).
 * @param percpuUsage Total CPU time (in nanoseconds) consumed per core (Linux).
 * @param usageInKernelmode Time (in nanoseconds) spent by tasks of the cgroup in kernel mode (Linux), or time spent (in 100's of nanoseconds) by all container processes in kernel mode (Windows).
 * @param usageInUsermode Time (in nanoseconds) spent by tasks of the cgroup in user mode (Linux), or time spent (in 100's of nanoseconds) by all container processes in kernel mode (Windows).
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerCPUUsage(
        @JsonProperty("total_usage") @Nullable Long totalUsage,
        @OmitEmpty @JsonProperty("percpu_usage") List<Long> percpuUsage,
        @JsonProperty("usage_in_kernelmode") @Nullable Long usageInKernelmode,
        @JsonProperty("usage_in_usermode") @Nullable Long usageInUsermode)
        implements ContainerCPUUsageBuilder.With {
    public ContainerCPUUsage {
        percpuUsage = Frozen.list(percpuUsage);
    }
}
