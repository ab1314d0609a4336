package io.flotilla.manager.state;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeCSIInfo;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.SwarmVolume;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which nodes have which CSI plugin, as they say themselves. */
public final class VolumePlugins {
    private VolumePlugins() {}

    /** The plugin on a node that can mount volumes there: CSI's Node service has named the node. */
    public static Optional<NodeCSIInfo> onNode(Node node, String driver) {
        return named(node, driver)
                .filter(plugin -> plugin.nodeId() != null && !plugin.nodeId().isEmpty());
    }

    private static Optional<NodeCSIInfo> named(Node node, String driver) {
        return node.description() == null
                ? Optional.empty()
                : node.description().csiInfo().stream()
                        .filter(plugin -> plugin.pluginName().equals(driver))
                        .findFirst();
    }

    /**
     * The node whose plugin is asked for the cluster.
     *
     * @param preferredId which stays as long as it can be asked; null for none
     */
    public static Optional<Node> executor(ClusterState state, SwarmVolume volume, @Nullable String preferredId) {
        Comparator<Node> preferred = Comparator.comparing(
                        (Node node) -> !node.id().equals(preferredId))
                .thenComparing(Node::id);
        return state.nodes().stream()
                .filter(node -> hasController(node, volume.driver()))
                .min(preferred);
    }

    /** Whether the node is ready and its plugin has CSI's Controller service. */
    public static boolean hasController(Node node, String driver) {
        return node.status() != null
                && node.status().state() == NodeState.READY
                && named(node, driver)
                        .filter(plugin -> Boolean.TRUE.equals(plugin.controller()))
                        .isPresent();
    }
}
