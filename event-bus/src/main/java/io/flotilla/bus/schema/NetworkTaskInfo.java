package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * carries the information about one backend task
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record NetworkTaskInfo(
        @Nullable String name,
        @JsonProperty("EndpointID") @Nullable String endpointId,
        @JsonProperty("EndpointIP") @Nullable String endpointIp,
        Map<String, String> info)
        implements NetworkTaskInfoBuilder.With {
    public NetworkTaskInfo {
        info = Frozen.map(info);
    }
}
