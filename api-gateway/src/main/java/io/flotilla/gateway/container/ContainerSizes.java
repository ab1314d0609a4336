package io.flotilla.gateway.container;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.node.NodeUsage.ContainerUsage;
import io.flotilla.bus.schema.Container;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What containers take on disk, for one call: a node measures all of its containers when the first of them is asked for. */
final class ContainerSizes {
    private final Gateway gateway;
    private final Containers containers;
    private final Map<String, Map<String, ContainerUsage>> ofNodes = new HashMap<>();

    ContainerSizes(Gateway gateway, Containers containers) {
        this.gateway = gateway;
        this.containers = containers;
    }

    /** Empty when its node does not answer, or has lost it. */
    Optional<ContainerUsage> of(Container container) {
        return Optional.ofNullable(ofNodes.computeIfAbsent(container.nodeId(), id -> measured(container))
                .get(container.id()));
    }

    private Map<String, ContainerUsage> measured(Container container) {
        Map<String, ContainerUsage> ofNode = new HashMap<>();
        try {
            gateway.nodes()
                    .usage(containers.home(container))
                    .containers()
                    .forEach(usage -> ofNode.put(usage.containerId(), usage));
        } catch (ApiException e) {
            if (e.status() != 503) {
                throw e;
            }
        }
        return ofNode;
    }

    ObjectNode with(ObjectNode json, Container container) {
        of(container)
                .ifPresent(usage -> json.put("SizeRw", usage.writableBytes()).put("SizeRootFs", usage.rootFsBytes()));
        return json;
    }
}
