package io.flotilla.gateway.container;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.EndpointSettings;
import io.flotilla.bus.schema.EndpointSettingsBuilder;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.version.ApiVersion;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The body of POST /containers/create: the fields of the configuration, and beside them HostConfig and NetworkingConfig.
 *
 * @param macAddress a field of the configuration until API 1.43, an endpoint's since
 */
@JsonDeserialize(using = CreateBody.Reader.class)
record CreateBody(
        ContainerConfig config,
        HostConfig hostConfig,
        Map<String, EndpointSettings> endpoints,
        @Nullable String macAddress) {
    private static final String BRIDGE = "bridge";

    /** @param name with or without a slash before it, empty for a generated one */
    ContainerRequest request(String name, ApiVersion version) {
        String network = Objects.requireNonNullElse(hostConfig.networkMode(), "");
        String mode = isDefault(network) ? BRIDGE : network;
        // clients from before cgroup namespaces expect the host's
        String cgroups = hostConfig.cgroupnsMode() == null && version.before(41) ? "host" : hostConfig.cgroupnsMode();
        HostConfig host = hostConfig.with(h -> h.networkMode(mode).cgroupnsMode(cgroups));
        return new ContainerRequest(name, config, host, endpoints(mode), null);
    }

    private static boolean isDefault(String network) {
        return network.isEmpty() || network.equals("default");
    }

    // daemon/container_operations.go and api/server/router/container: handleMACAddressBC
    private Map<String, EndpointSettings> endpoints(String mode) {
        Map<String, EndpointSettings> wanted = new TreeMap<>();
        endpoints.forEach((name, settings) -> wanted.put(isDefault(name) ? BRIDGE : name, settings));
        if (macAddress == null || macAddress.isEmpty()) {
            return wanted;
        }
        if (mode.equals("host") || mode.equals("none") || mode.startsWith("container:")) {
            throw ApiException.invalid("conflicting options: mac-address and the network mode");
        }
        EndpointSettings settings = Objects.requireNonNullElseGet(
                wanted.get(mode), () -> EndpointSettingsBuilder.builder().build());
        if (settings.macAddress() != null
                && !settings.macAddress().isEmpty()
                && !settings.macAddress().equals(macAddress)) {
            throw ApiException.invalid("the container-wide MAC address must match the endpoint-specific MAC address for"
                    + " the main network, or be left empty");
        }
        wanted.put(mode, settings.withMacAddress(macAddress));
        return wanted;
    }

    /** What NetworkingConfig holds. */
    record Networking(@Nullable Map<String, EndpointSettings> endpointsConfig) {}

    /** Takes the body apart with the strictness of whoever reads it. */
    static final class Reader extends StdDeserializer<CreateBody> {
        private static final long serialVersionUID = 1L;
        /** Docker takes one string where it wants a list of them. */
        private static final List<String> ARGUMENT_LISTS = List.of("Cmd", "Entrypoint", "Shell");

        private static final List<String> CAPABILITIES = List.of("CapAdd", "CapDrop");

        Reader() {
            super(CreateBody.class);
        }

        @Override
        public CreateBody deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            if (!(context.readTree(parser) instanceof ObjectNode tree)) {
                return context.reportInputMismatch(CreateBody.class, "not an object");
            }
            JsonNode host = take(tree, "HostConfig");
            JsonNode networking = take(tree, "NetworkingConfig");
            JsonNode mac = take(tree, "MacAddress");
            ARGUMENT_LISTS.forEach(field -> listOf(tree, field));
            CAPABILITIES.forEach(field -> listOf(host, field));
            fillNulls(field(tree, "Volumes"), "{}");
            fillNulls(field(tree, "ExposedPorts"), "{}");
            fillNulls(field(host, "PortBindings"), "[]");
            field(host, "PortBindings").forEach(bindings -> bindings.forEach(Reader::wholeBinding));
            fillNulls(field(networking, "EndpointsConfig"), "{}");
            ContainerConfig config = context.readTreeAsValue(tree, ContainerConfig.class);
            HostConfig hostConfig = read(context, host, HostConfig.class, "HostConfig");
            Networking wanted = read(context, networking, Networking.class, "NetworkingConfig");
            String macAddress = read(context, mac, String.class, "MacAddress");
            return new CreateBody(
                    config,
                    hostConfig == null ? HostConfigBuilder.builder().build() : hostConfig,
                    wanted == null || wanted.endpointsConfig() == null ? Map.of() : wanted.endpointsConfig(),
                    macAddress);
        }

        private static <T> @Nullable T read(DeserializationContext context, JsonNode tree, Class<T> type, String field)
                throws IOException {
            try {
                return tree.isNull() ? null : context.readTreeAsValue(tree, type);
            } catch (JsonMappingException e) {
                e.prependPath(CreateBody.class, field);
                throw e;
            }
        }

        private static JsonNode take(ObjectNode tree, String name) {
            Map<String, JsonNode> found = new HashMap<>();
            tree.properties().forEach(entry -> {
                if (entry.getKey().equalsIgnoreCase(name)) {
                    found.put(entry.getKey(), entry.getValue());
                }
            });
            tree.remove(found.keySet());
            return found.values().stream().findFirst().orElse(NullNode.instance);
        }

        private static JsonNode field(JsonNode tree, String name) {
            return tree.properties().stream()
                    .filter(entry -> entry.getKey().equalsIgnoreCase(name))
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElse(NullNode.instance);
        }

        private static void listOf(JsonNode tree, String name) {
            for (Map.Entry<String, JsonNode> entry : tree.properties()) {
                if (entry.getKey().equalsIgnoreCase(name) && entry.getValue().isTextual()) {
                    JsonNode list = ((ObjectNode) tree).arrayNode().add(entry.getValue());
                    entry.setValue(list);
                }
            }
        }

        // any address and any port, where Go has the zero values
        private static void wholeBinding(JsonNode binding) {
            if (binding instanceof ObjectNode object) {
                for (String name : List.of("HostIp", "HostPort")) {
                    if (object.properties().stream()
                            .noneMatch(given -> given.getKey().equalsIgnoreCase(name))) {
                        object.put(name, "");
                    }
                }
            }
        }

        // a null within one of Go's maps is a zero value
        private static void fillNulls(JsonNode map, String zero) {
            for (Map.Entry<String, JsonNode> entry : map.properties()) {
                if (entry.getValue().isNull() && map instanceof ObjectNode object) {
                    entry.setValue(zero.equals("[]") ? object.arrayNode() : object.objectNode());
                }
            }
        }
    }
}
