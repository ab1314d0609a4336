package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Specification for the restart policy which applies to containers created as part of this service.
 *
 * @param condition Condition for restart.
 * @param delay Delay between restart attempts.
 * @param maxAttempts Maximum attempts to restart a given container before giving up (default value is 0, which is ignored).
 * @param window Windows is the time window used to evaluate the restart policy (default value is 0, which is unbounded).
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ServiceRestartPolicy(
        @Nullable Condition condition,
        @Nullable Long delay,
        @Nullable Long maxAttempts,
        @Nullable Long window) implements ServiceRestartPolicyBuilder.With {

    /** Condition for restart. */
    public enum Condition {
        @JsonProperty("none")
        NONE,
        @JsonProperty("on-failure")
        ON_FAILURE,
        @JsonProperty("any")
        ANY
    }
}
