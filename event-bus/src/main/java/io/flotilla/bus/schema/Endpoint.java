package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Endpoint object of the Engine API.
 *
 * @param spec Properties that can be configured to access and load balance a service.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Endpoint(
        @Nullable EndpointSpec spec,
        List<PortConfig> ports,
        @JsonProperty("VirtualIPs") List<VirtualIp> virtualIps) implements EndpointBuilder.With {
    public Endpoint {
        ports = Frozen.list(ports);
        virtualIps = Frozen.list(virtualIps);
    }

    /**
     * The VirtualIp object of the Engine API.
     */
    @RecordBuilder
    @JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record VirtualIp(
            @JsonProperty("NetworkID") @Nullable String networkId,
            @Nullable String addr) implements EndpointVirtualIpBuilder.With {}
}
