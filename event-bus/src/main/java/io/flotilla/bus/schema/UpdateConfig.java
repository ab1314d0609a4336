package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Specification for the update strategy of the service.
 *
 * @param parallelism Maximum number of tasks to be updated in one iteration (0 means unlimited parallelism).
 * @param delay Amount of time between updates, in nanoseconds.
 * @param failureAction Action to take if an updated task fails to run, or stops running during the update.
 * @param monitor Amount of time to monitor each updated task for failures, in nanoseconds.
 * @param maxFailureRatio The fraction of tasks that may fail during an update before the failure action is invoked, specified as a floating point number between 0 and 1.
 * @param order The order of operations when rolling out an updated task.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record UpdateConfig(
        @Nullable Long parallelism,
        @Nullable Long delay,
        @Nullable FailureAction failureAction,
        @Nullable Long monitor,
        @Nullable Double maxFailureRatio,
        @Nullable Order order)
        implements UpdateConfigBuilder.With {

    /** Action to take if an updated task fails to run, or stops running during the update. */
    public enum FailureAction {
        @JsonProperty("continue")
        CONTINUE,
        @JsonProperty("pause")
        PAUSE,
        @JsonProperty("rollback")
        ROLLBACK
    }

    /** The order of operations when rolling out an updated task. */
    public enum Order {
        @JsonProperty("stop-first")
        STOP_FIRST,
        @JsonProperty("start-first")
        START_FIRST
    }
}
