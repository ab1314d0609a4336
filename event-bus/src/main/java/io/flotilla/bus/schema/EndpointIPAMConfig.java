package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * EndpointIPAMConfig represents an endpoint's IPAM configuration.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record EndpointIPAMConfig(
        @JsonProperty("IPv4Address") @Nullable String ipv4Address,
        @JsonProperty("IPv6Address") @Nullable String ipv6Address,
        List<String> linkLocalIPs)
        implements EndpointIPAMConfigBuilder.With {
    public EndpointIPAMConfig {
        linkLocalIPs = Frozen.list(linkLocalIPs);
    }
}
