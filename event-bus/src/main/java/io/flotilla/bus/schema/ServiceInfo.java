package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * represents service parameters with the list of service's tasks
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ServiceInfo(
        @JsonProperty("VIP") @Nullable String vip,
        List<String> ports,
        @Nullable Long localLBIndex,
        List<NetworkTaskInfo> tasks)
        implements ServiceInfoBuilder.With {
    public ServiceInfo {
        ports = Frozen.list(ports);
        tasks = Frozen.list(tasks);
    }
}
