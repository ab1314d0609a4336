package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request for devices to be sent to device drivers
 *
 * @param driver The name of the device driver to use for this request.
 * @param capabilities A list of capabilities; an OR list of AND lists of capabilities.
 * @param options Driver-specific options, specified as a key/value pairs.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record DeviceRequest(
        @Nullable String driver,
        @Nullable Long count,
        @JsonProperty("DeviceIDs") List<String> deviceIds,
        List<List<String>> capabilities,
        Map<String, String> options)
        implements DeviceRequestBuilder.With {
    public DeviceRequest {
        deviceIds = Frozen.list(deviceIds);
        capabilities = Frozen.list(capabilities);
        options = Frozen.map(options);
    }
}
