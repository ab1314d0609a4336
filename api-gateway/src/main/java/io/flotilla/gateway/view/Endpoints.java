package io.flotilla.gateway.view;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.EndpointSettings;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.NetworkSettings;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** A container's networks by name. Its node knows them by name alone: the IDs are the cluster's. */
public final class Endpoints {
    private Endpoints() {}

    public static Map<String, EndpointSettings> of(Container container, ClusterImage image) {
        NetworkSettings settings = container.inspect().networkSettings();
        if (settings == null) {
            return Map.of();
        }
        Map<String, EndpointSettings> endpoints = new LinkedHashMap<>();
        settings.networks().forEach((name, endpoint) -> endpoints.put(name, identified(name, endpoint, image)));
        return endpoints;
    }

    /** By name: all that is added to what the nodes know. */
    public static Map<String, String> networkIds(ClusterImage image) {
        Map<String, String> ids = new HashMap<>();
        image.networks().forEach(network -> ids.putIfAbsent(network.name(), network.id()));
        return ids;
    }

    private static EndpointSettings identified(String name, EndpointSettings endpoint, ClusterImage image) {
        String given = endpoint.networkId();
        if (given != null && !given.isEmpty()) {
            return endpoint;
        }
        return image.networks().stream()
                .filter(network -> network.name().equals(name))
                .findFirst()
                .map(Network::id)
                .map(endpoint::withNetworkId)
                .orElse(endpoint);
    }
}
