package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Scheduling mode for the service.
 *
 * @param replicatedJob The mode used for services with a finite number of tasks that run to a completed state.
 * @param globalJob The mode used for services which run a task to the completed state on each valid node.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ServiceMode(
        @Nullable Replicated replicated,
        @Nullable Global global,
        @Nullable ReplicatedJob replicatedJob,
        @Nullable GlobalJob globalJob)
        implements ServiceModeBuilder.With {
    /** One task on every node that fits; an empty object. */
    public record Global() {}

    /** One task that runs to completion on every node that fits; an empty object. */
    public record GlobalJob() {}

    /**
     * The Replicated object of the Engine API.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Replicated(@Nullable Long replicas) implements ServiceModeReplicatedBuilder.With {}

    /**
     * The mode used for services with a finite number of tasks that run to a completed state.
     *
     * @param maxConcurrent The maximum number of replicas to run simultaneously.
     * @param totalCompletions The total number of replicas desired to reach the Completed state.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record ReplicatedJob(
            @Nullable Long maxConcurrent, @Nullable Long totalCompletions)
            implements ServiceModeReplicatedJobBuilder.With {}
}
