package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.manager.state.ClusterState;
import org.jspecify.annotations.Nullable;

/** Whether tasks may stay on a node. */
public final class NodeValidity {
    private NodeValidity() {}

    /** Gone, down or drained: its tasks are to be replaced. No node at all is no reason. */
    public static boolean isInvalid(ClusterState state, @Nullable String nodeId) {
        return nodeId != null
                && state.node(nodeId)
                        .map(node -> isDown(node) || isDrained(node))
                        .orElse(true);
    }

    /** Nothing more will be heard of its tasks for now. */
    public static boolean isGoneOrDown(ClusterState state, @Nullable String nodeId) {
        return nodeId != null && state.node(nodeId).map(NodeValidity::isDown).orElse(true);
    }

    public static boolean isDown(Node node) {
        return node.status() != null && node.status().state() == NodeState.DOWN;
    }

    public static boolean isDrained(Node node) {
        return node.spec().availability() == NodeSpec.Availability.DRAIN;
    }

    public static boolean isPaused(Node node) {
        return node.spec().availability() == NodeSpec.Availability.PAUSE;
    }
}
