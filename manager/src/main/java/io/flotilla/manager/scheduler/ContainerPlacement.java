package io.flotilla.manager.scheduler;

import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.manager.state.ClusterState;

/** Chooses the node of a container of no service. */
public final class ContainerPlacement {
    private ContainerPlacement() {}

    /** Where it goes, or why it goes nowhere. */
    public sealed interface Choice {
        record OnNode(String nodeId) implements Choice {}

        record Nowhere(Refusal refusal) implements Choice {}
    }

    public static Choice of(ClusterState state, ContainerRequest request, Image image, String nearNodeId) {
        Node node = state.nodes().stream()
                .filter(n -> n.status() != null && n.status().state() == NodeState.READY)
                .filter(n -> n.id().equals(nearNodeId) || state.nodes().size() == 1)
                .findFirst()
                .orElse(null);
        return node == null
                ? new Choice.Nowhere(Refusal.unavailable("no suitable node"))
                : new Choice.OnNode(node.id());
    }
}
