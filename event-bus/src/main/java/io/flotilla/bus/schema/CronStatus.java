package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a job with a schedule is in it. Not of Docker's API: clients see it as one more field of the service.
 *
 * @param schedule the one this is of, as its label has it
 * @param zone of the schedule
 * @param lastDue the last time of the schedule that was decided on; null before the first
 * @param lastDecision what became of it
 * @param next the next time of the schedule; null when it never comes again
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record CronStatus(
        String schedule,
        String zone,
        @Nullable Instant lastDue,
        @Nullable Decision lastDecision,
        @Nullable Instant next)
        implements CronStatusBuilder.With {

    /** Decision. */
    public enum Decision {
        /** The job was executed. */
        @JsonProperty("started")
        STARTED,
        /** The execution before was not over. */
        @JsonProperty("skipped")
        SKIPPED,
        /** It is executed when the execution before is over. */
        @JsonProperty("queued")
        QUEUED,
        /** Nobody was there to start it in time. */
        @JsonProperty("missed")
        MISSED
    }
}
