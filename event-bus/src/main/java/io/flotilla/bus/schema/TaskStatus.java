package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * represents the status of a task.
 *
 * @param containerStatus represents the status of a container.
 * @param portStatus represents the port status of a task's host ports whose service has published host ports
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record TaskStatus(
        @Nullable Instant timestamp,
        @Nullable TaskState state,
        @Nullable String message,
        @Nullable String err,
        @Nullable ContainerStatus containerStatus,
        @Nullable PortStatus portStatus)
        implements TaskStatusBuilder.With {}
