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
 * NetworkSettings exposes the network settings in the API
 *
 * @param sandboxId SandboxID uniquely represents a container's network stack.
 * @param sandboxKey SandboxKey is the full path of the netns handle
 * @param ports PortMap describes the mapping of container ports to host ports, using the container's port-number and protocol as key in the format {@code /}, for example, {@code 80/udp}.
 * @param networks Information about all networks that the container is connected to.
 */
@RecordBuilder
@JsonNaming(PropertyNamingStrategies.UpperCamelCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record NetworkSettings(
        @JsonProperty("SandboxID") @Nullable String sandboxId,
        @Nullable String sandboxKey,
        Map<String, List<PortBinding>> ports,
        Map<String, EndpointSettings> networks)
        implements NetworkSettingsBuilder.With {
    public NetworkSettings {
        ports = Frozen.map(ports);
        networks = Frozen.map(networks);
    }
}
