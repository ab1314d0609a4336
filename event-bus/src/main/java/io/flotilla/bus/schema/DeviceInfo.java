package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import org.jspecify.annotations.Nullable;

/**
 * DeviceInfo represents a device that can be used by a container.
 *
 * @param source The origin device driver.
 * @param id The unique identifier for the device within its source driver.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record DeviceInfo(
        @Nullable String source,
        @JsonProperty("ID") @Nullable String id) implements DeviceInfoBuilder.With {}
