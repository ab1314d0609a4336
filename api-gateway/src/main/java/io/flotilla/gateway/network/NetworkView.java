package io.flotilla.gateway.network;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.EndpointSettings;
import io.flotilla.bus.schema.IPAMConfig;
import io.flotilla.bus.schema.Network;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Endpoints;
import io.flotilla.gateway.view.Lookup;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Networks as clients see them, and which of them a list shows. */
final class NetworkView {
    static final Set<String> FILTERS = Set.of("dangling", "driver", "id", "label", "name", "scope", "type");

    private static final Set<String> PREDEFINED = Set.of("bridge", "host", "none");

    private NetworkView() {}

    /** An element of GET /networks. Docker leaves out no field. */
    static ObjectNode summary(Network network) {
        ObjectNode json = Codec.JSON.mapper().createObjectNode();
        json.put("Name", network.name());
        json.put("Id", network.id());
        json.put("Created", network.createdAt().toString());
        json.put("Scope", text(network.scope(), "local"));
        json.put("Driver", text(network.driver(), ""));
        json.put("EnableIPv4", !Boolean.FALSE.equals(network.enableIpv4()));
        json.put("EnableIPv6", yes(network.enableIpv6()));
        ObjectNode ipam = json.putObject("IPAM");
        ipam.put(
                "Driver",
                network.ipam() == null ? "default" : text(network.ipam().driver(), "default"));
        ipam.putNull("Options");
        ArrayNode pools = ipam.putArray("Config");
        if (network.ipam() != null) {
            network.ipam().config().forEach(pool -> addPool(pools.addObject(), pool));
        }
        json.put("Internal", yes(network.internal()));
        json.put("Attachable", yes(network.attachable()));
        json.put("Ingress", yes(network.ingress()));
        json.putObject("ConfigFrom")
                .put(
                        "Network",
                        network.configFrom() == null
                                ? ""
                                : text(network.configFrom().network(), ""));
        json.put("ConfigOnly", yes(network.configOnly()));
        json.set("Options", Codec.JSON.mapper().valueToTree(network.options()));
        json.set("Labels", Codec.JSON.mapper().valueToTree(network.labels()));
        return json;
    }

    private static void addPool(ObjectNode json, IPAMConfig pool) {
        json.put("Subnet", text(pool.subnet(), ""));
        if (pool.ipRange() != null) {
            json.put("IPRange", pool.ipRange());
        }
        if (pool.gateway() != null) {
            json.put("Gateway", pool.gateway());
        }
    }

    /** GET /networks/{id}: the summary and what is attached. */
    static ObjectNode inspect(Network network, ClusterImage image) {
        ObjectNode json = summary(network);
        ObjectNode containers = json.putObject("Containers");
        for (Container container : image.containers()) {
            EndpointSettings endpoint = endpoint(container, network, image);
            if (endpoint != null) {
                containers
                        .putObject(container.id())
                        .put("Name", Lookup.nameOf(container).substring(1))
                        .put("EndpointID", text(endpoint.endpointId(), ""))
                        .put("MacAddress", text(endpoint.macAddress(), ""))
                        .put("IPv4Address", withPrefix(endpoint.ipAddress(), endpoint.ipPrefixLen()))
                        .put("IPv6Address", withPrefix(endpoint.globalIPv6Address(), endpoint.globalIPv6PrefixLen()));
            }
        }
        return json;
    }

    private static @Nullable EndpointSettings endpoint(Container container, Network network, ClusterImage image) {
        var state = container.inspect().state();
        if (state == null || !yes(state.running())) {
            return null; // what does not run has no endpoint
        }
        return Endpoints.of(container, image).values().stream()
                .filter(endpoint -> network.id().equals(endpoint.networkId()))
                .findFirst()
                .orElse(null);
    }

    private static String withPrefix(@Nullable String address, @Nullable Long prefix) {
        return address == null || address.isEmpty() ? "" : address + "/" + Objects.requireNonNullElse(prefix, 0L);
    }

    static List<Network> select(ClusterImage image, Filters filters) {
        filters.each("type", type -> {
            if (!type.equals("custom") && !type.equals("builtin")) {
                throw ApiException.invalid("invalid filter: 'type'='" + type + "'");
            }
        });
        boolean dangling = filters.flag("dangling", false);
        return image.networks().stream()
                .filter(network -> includes(network, filters))
                .filter(network -> !filters.contains("dangling") || isDangling(network, image) == dangling)
                .sorted(Comparator.comparing(Network::name).thenComparing(Network::id))
                .toList();
    }

    private static boolean includes(Network network, Filters filters) {
        String type = PREDEFINED.contains(network.name()) ? "builtin" : "custom";
        return filters.match("name", network.name())
                && filters.fuzzyMatch("id", network.id())
                && filters.exactMatch("driver", text(network.driver(), ""))
                && filters.exactMatch("scope", text(network.scope(), "local"))
                && filters.exactMatch("type", type)
                && filters.labelsMatch("label", network.labels());
    }

    private static boolean isPredefined(Network network) {
        return PREDEFINED.contains(network.name()) || yes(network.ingress());
    }

    private static boolean isDangling(Network network, ClusterImage image) {
        return !isPredefined(network)
                && image.containers().stream().allMatch(container -> endpoint(container, network, image) == null);
    }

    private static boolean yes(@Nullable Boolean flag) {
        return Boolean.TRUE.equals(flag);
    }

    private static String text(@Nullable String value, String whenAbsent) {
        return value == null ? whenAbsent : value;
    }
}
