package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The status of the service's tasks.
 *
 * @param runningTasks The number of tasks for the service currently in the Running state.
 * @param desiredTasks The number of tasks for the service desired to be running.
 * @param completedTasks The number of tasks for a job that are in the Completed state.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ServiceStatus(
        @Nullable Long runningTasks,
        @Nullable Long desiredTasks,
        @Nullable Long completedTasks) implements ServiceStatusBuilder.With {}
