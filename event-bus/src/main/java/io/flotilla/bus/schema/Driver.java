package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Driver represents a driver (network, logging, secrets).
 *
 * @param name Name of the driver.
 * @param options Key/value map of driver-specific options.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Driver(@Nullable String name, Map<String, String> options) implements DriverBuilder.With {
    public Driver {
        options = Frozen.map(options);
    }
}
