package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * HealthcheckResult stores information about a single run of a healthcheck probe
 *
 * @param start Date and time at which this check started in RFC 3339 format with nano-seconds.
 * @param end Date and time at which this check ended in RFC 3339 format with nano-seconds.
 * @param exitCode ExitCode meanings: - {@code 0} healthy - {@code 1} unhealthy - {@code 2} reserved (considered unhealthy) - other values: error running probe
 * @param output Output from last check
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record HealthcheckResult(
        @Nullable Instant start,
        @Nullable Instant end,
        @Nullable Long exitCode,
        @Nullable String output) implements HealthcheckResultBuilder.With {}
