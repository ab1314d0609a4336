package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * CPU related info of the container
 *
 * @param cpuUsage All CPU stats aggregated since container inception.
 * @param systemCpuUsage System Usage.
 * @param onlineCpus Number of online CPUs.
 * @param throttlingData CPU throttling stats of the container.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerCPUStats(
        @JsonProperty("cpu_usage") @Nullable ContainerCPUUsage cpuUsage,
        @JsonProperty("system_cpu_usage") @Nullable Long systemCpuUsage,
        @JsonProperty("online_cpus") @Nullable Long onlineCpus,
        @JsonProperty("throttling_data") @Nullable ContainerThrottlingData throttlingData)
        implements ContainerCPUStatsBuilder.With {}
