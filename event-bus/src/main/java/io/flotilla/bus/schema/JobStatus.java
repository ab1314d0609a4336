package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The status of the service when it is in one of ReplicatedJob or GlobalJob modes.
 *
 * @param jobIteration JobIteration is a value increased each time a Job is executed, successfully or otherwise.
 * @param lastExecution The last time, as observed by the server, that this job was started.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record JobStatus(
        @Nullable ObjectVersion jobIteration, @Nullable Instant lastExecution) implements JobStatusBuilder.With {}
