package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * An object describing a limit on resources which can be requested by a task.
 *
 * @param pids Limits the maximum number of PIDs in the container.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Limit(
        @JsonProperty("NanoCPUs") @Nullable Long nanoCpus,
        @Nullable Long memoryBytes,
        @Nullable Long pids) implements LimitBuilder.With {}
