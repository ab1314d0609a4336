package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A test to perform to check that the container is healthy.
 *
 * @param test The test to perform.
 * @param interval The time to wait between checks in nanoseconds.
 * @param timeout The time to wait before considering the check to have hung.
 * @param retries The number of consecutive failures needed to consider a container as unhealthy.
 * @param startPeriod Start period for the container to initialize before starting health-retries countdown in nanoseconds.
 * @param startInterval The time to wait between checks in nanoseconds during the start period.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record HealthConfig(
        List<String> test,
        @Nullable Long interval,
        @Nullable Long timeout,
        @Nullable Long retries,
        @Nullable Long startPeriod,
        @Nullable Long startInterval)
        implements HealthConfigBuilder.With {
    public HealthConfig {
        test = Frozen.list(test);
    }
}
