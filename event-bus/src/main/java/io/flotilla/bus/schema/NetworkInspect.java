package io.flotilla.bus.schema;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of the "get network" http response message.
 *
 * @param name Name of the network.
 * @param id ID that uniquely identifies a network on a single machine.
 * @param created Date and time at which the network was created in RFC 3339 format with nano-seconds.
 * @param scope The level at which the network exists (e.g.
 * @param driver The name of the driver used to create the network (e.g.
 * @param enableIpv4 Whether the network was created with IPv4 enabled.
 * @param enableIpv6 Whether the network was created with IPv6 enabled.
 * @param ipam The network's IP Address Management.
 * @param internal Whether the network is created to only allow internal networking connectivity.
 * @param attachable Whether a global / swarm scope network is manually attachable by regular containers from workers in swarm mode.
 * @param ingress Whether the network is providing the routing-mesh for the swarm cluster.
 * @param configFrom The config-only network source to provide the configuration for this network.
 * @param configOnly Whether the network is a config-only network.
 * @param options Network-specific options uses when creating the network.
 * @param labels Metadata specific to the network being created.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record NetworkInspect(
        @Nullable String name,
        @Nullable String id,
        @Nullable Instant created,
        @Nullable String scope,
        @Nullable String driver,
        @JsonProperty("EnableIPv4") @Nullable Boolean enableIpv4,
        @JsonProperty("EnableIPv6") @Nullable Boolean enableIpv6,
        @JsonProperty("IPAM") @Nullable IPAM ipam,
        @Nullable Boolean internal,
        @Nullable Boolean attachable,
        @Nullable Boolean ingress,
        @Nullable ConfigReference configFrom,
        @Nullable Boolean configOnly,
        Map<String, String> options,
        Map<String, String> labels)
        implements NetworkInspectBuilder.With {
    public NetworkInspect {
        options = Frozen.map(options);
        labels = Frozen.map(labels);
    }
}
