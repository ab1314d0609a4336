package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * ContainerState stores container's running state.
 *
 * @param status String representation of the container state.
 * @param running Whether this container is running.
 * @param paused Whether this container is paused.
 * @param restarting Whether this container is restarting.
 * @param oomKilled Whether a process within this container has been killed because it ran out of memory since the container was last started.
 * @param pid The process ID of this container
 * @param exitCode The last exit code of this container
 * @param startedAt The time when this container was last started.
 * @param finishedAt The time when this container last exited.
 * @param health Health stores information about the container's healthcheck results.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerState(
        @Nullable String status,
        @Nullable Boolean running,
        @Nullable Boolean paused,
        @Nullable Boolean restarting,
        @JsonProperty("OOMKilled") @Nullable Boolean oomKilled,
        @Nullable Boolean dead,
        @Nullable Long pid,
        @Nullable Long exitCode,
        @Nullable String error,
        @Nullable String startedAt,
        @Nullable String finishedAt,
        @Nullable Health health)
        implements ContainerStateBuilder.With {}
