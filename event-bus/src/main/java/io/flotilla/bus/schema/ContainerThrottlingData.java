package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * CPU throttling stats of the container.
 *
 * @param periods Number of periods with throttling active.
 * @param throttledPeriods Number of periods when the container hit its throttling limit.
 * @param throttledTime Aggregated time (in nanoseconds) the container was throttled for.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ContainerThrottlingData(
        @JsonProperty("periods") @Nullable Long periods,
        @JsonProperty("throttled_periods") @Nullable Long throttledPeriods,
        @JsonProperty("throttled_time") @Nullable Long throttledTime)
        implements ContainerThrottlingDataBuilder.With {}
