package io.flotilla.gateway.system;

import io.flotilla.bus.schema.LocalNodeState;
import io.flotilla.bus.schema.ManagerStatus;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.PeerNode;
import io.flotilla.bus.schema.SwarmInfo;
import io.flotilla.bus.schema.SwarmInfoBuilder;
import io.flotilla.gateway.view.ClusterImage;
import java.util.List;
import java.util.Optional;

/** This node's part in the swarm, as info and _ping tell it. */
final class SwarmStatus {
    private SwarmStatus() {}

    /** The Swarm header of _ping. */
    static String header(ClusterImage image, String nodeId) {
        if (image.cluster().isEmpty()) {
            return "inactive";
        }
        return isManager(image.node(nodeId)) ? "active/manager" : "active/worker";
    }

    static SwarmInfo of(ClusterImage image, String nodeId) {
        if (image.cluster().isEmpty()) {
            return SwarmInfoBuilder.builder()
                    .nodeId("")
                    .nodeAddr("")
                    .localNodeState(LocalNodeState.INACTIVE)
                    .controlAvailable(false)
                    .error("")
                    .build();
        }
        List<Node> managers = image.nodes().stream()
                .filter(node -> node.spec().role() == NodeSpec.Role.MANAGER)
                .toList();
        return SwarmInfoBuilder.builder()
                .nodeId(nodeId)
                .nodeAddr(image.node(nodeId)
                        .map(Node::status)
                        .map(NodeStatus::addr)
                        .orElse(""))
                .localNodeState(LocalNodeState.ACTIVE)
                .controlAvailable(isManager(image.node(nodeId)))
                .error("")
                .remoteManagers(managers.stream().map(SwarmStatus::peer).toList())
                .nodes((long) image.nodes().size())
                .managers((long) managers.size())
                .build();
    }

    private static boolean isManager(Optional<Node> node) {
        return node.map(Node::spec).map(NodeSpec::role).orElse(NodeSpec.Role.WORKER) == NodeSpec.Role.MANAGER;
    }

    private static PeerNode peer(Node node) {
        ManagerStatus status = node.managerStatus();
        return new PeerNode(node.id(), status == null ? "" : status.addr());
    }
}
