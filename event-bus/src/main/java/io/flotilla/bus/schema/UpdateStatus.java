package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The status of a service update.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record UpdateStatus(
        @Nullable State state,
        @Nullable Instant startedAt,
        @Nullable Instant completedAt,
        @Nullable String message) implements UpdateStatusBuilder.With {

    /** State. */
    public enum State {
        @JsonProperty("updating")
        UPDATING,
        @JsonProperty("paused")
        PAUSED,
        @JsonProperty("completed")
        COMPLETED,
        @JsonProperty("rollback_started")
        ROLLBACK_STARTED,
        @JsonProperty("rollback_paused")
        ROLLBACK_PAUSED,
        @JsonProperty("rollback_completed")
        ROLLBACK_COMPLETED
    }
}
