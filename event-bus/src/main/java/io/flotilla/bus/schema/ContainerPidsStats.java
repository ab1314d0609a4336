package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * PidsStats contains Linux-specific stats of a container's process-IDs (PIDs).
 *
 * @param current Current is the number of PIDs in the cgroup.
 * @param limit Limit is the hard limit on the number of pids in the cgroup.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ContainerPidsStats(
        @JsonProperty("current") @Nullable Long current,
        @JsonProperty("limit") @Nullable Long limit) implements ContainerPidsStatsBuilder.With {}
