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
 * Configuration for a network endpoint.
 *
 * @param ipamConfig EndpointIPAMConfig represents an endpoint's IPAM configuration.
 * @param macAddress MAC address for the endpoint on this network.
 * @param driverOpts DriverOpts is a mapping of driver options and values.
 * @param gwPriority This property determines which endpoint will provide the default gateway for a container.
 * @param networkId Unique ID of the network.
 * @param endpointId Unique ID for the service endpoint in a Sandbox.
 * @param gateway Gateway address for this network.
 * @param ipAddress IPv4 address.
 * @param ipPrefixLen Mask length of the IPv4 address.
 * @param ipv6Gateway IPv6 gateway address.
 * @param globalIPv6Address Global IPv6 address.
 * @param globalIPv6PrefixLen Mask length of the global IPv6 address.
 * @param dnsNames List of all DNS names an endpoint has on a specific network.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record EndpointSettings(
        @JsonProperty("IPAMConfig") @Nullable EndpointIPAMConfig ipamConfig,
        List<String> links,
        @Nullable String macAddress,
        List<String> aliases,
        Map<String, String> driverOpts,
        @Nullable Long gwPriority,
        @JsonProperty("NetworkID") @Nullable String networkId,
        @JsonProperty("EndpointID") @Nullable String endpointId,
        @Nullable String gateway,
        @JsonProperty("IPAddress") @Nullable String ipAddress,
        @JsonProperty("IPPrefixLen") @Nullable Long ipPrefixLen,
        @JsonProperty("IPv6Gateway") @Nullable String ipv6Gateway,
        @Nullable String globalIPv6Address,
        @Nullable Long globalIPv6PrefixLen,
        @JsonProperty("DNSNames") List<String> dnsNames)
        implements EndpointSettingsBuilder.With {
    public EndpointSettings {
        links = Frozen.list(links);
        aliases = Frozen.list(aliases);
        driverOpts = Frozen.map(driverOpts);
        dnsNames = Frozen.list(dnsNames);
    }
}
