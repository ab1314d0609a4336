package io.flotilla.manager.scheduler;

import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.ClusterState;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Chooses the node of a container of no service, once and for ever. With one node it is that one, as with Docker. Else the
 * conditions of tasks hold, and those of classic Swarm's containers; of the nodes that fit the one with the fewest
 * containers is taken, then one that has the image, then the one the client speaks to.
 */
public final class ContainerPlacement {
    private ContainerPlacement() {}

    /** Where it goes, or why it goes nowhere. */
    public sealed interface Choice {
        record OnNode(String nodeId) implements Choice {}

        record Nowhere(Refusal refusal) implements Choice {}
    }

    /** @param nearNodeId node of the gateway the client speaks to */
    public static Choice of(ClusterState state, ContainerRequest request, Image image, String nearNodeId) {
        Optional<Refusal> unmet = ContainerNeeds.unmet(state, request);
        if (unmet.isPresent()) {
            return new Choice.Nowhere(unmet.get());
        }
        if (state.nodes().size() == 1) {
            Node only = state.nodes().iterator().next();
            // a drained node takes no tasks, but its Docker still runs what it is told to
            return only.status() != null && only.status().state() == NodeState.READY
                    ? new Choice.OnNode(only.id())
                    : nowhere("1 node not available for new tasks");
        }
        return ContainerNeeds.unclear(request)
                .<Choice>map(Choice.Nowhere::new)
                .orElseGet(() -> among(state, ContainerNeeds.of(state, request, image), image, nearNodeId));
    }

    private static Choice among(ClusterState state, ContainerNeeds needs, Image image, String nearNodeId) {
        Requirements requirements =
                reserving(needs.memoryBytes(), needs.hostPorts()).withPlatforms(needs.platforms());
        Pipeline pipeline = new Pipeline("", requirements, () -> state);
        if (!needs.constraints().isEmpty()) {
            pipeline.require(
                    node -> needs.constraints().stream().allMatch(constraint -> constraint.matches(node)),
                    nodes -> "scheduling constraints not satisfied on " + nodes);
        }
        if (!needs.companions().isEmpty()) {
            pipeline.require(
                    node -> needs.companions().equals(Set.of(node.id())),
                    nodes -> "containers it depends on live elsewhere for " + nodes);
        }
        if (!needs.volumes().isEmpty()) {
            pipeline.require(
                    node -> needs.volumes().stream().allMatch(holders -> holders.contains(node.id())),
                    nodes -> "volumes it mounts are not on " + nodes);
        }
        Function<String, NodeInfo> known = known(state, needs);
        Optional<Node> best = state.nodes().stream()
                .filter(node -> pipeline.passes(describe(known.apply(node.id()), node)))
                .min(Comparator.comparingInt(
                                (Node node) -> state.containersOnNode(node.id()).size())
                        .thenComparing(node -> !image.nodeIds().contains(node.id()))
                        .thenComparing(node -> !node.id().equals(nearNodeId))
                        .thenComparing(Node::id));
        return best.<Choice>map(node -> new Choice.OnNode(node.id())).orElseGet(() -> nowhere(pipeline.explain()));
    }

    private static NodeInfo describe(NodeInfo info, Node node) {
        info.describe(node);
        return info;
    }

    /** What is taken of the nodes; looked at only when something of it is needed. */
    private static Function<String, NodeInfo> known(ClusterState state, ContainerNeeds needs) {
        if (needs.hostPorts().isEmpty() && needs.memoryBytes() == 0) {
            return NodeInfo::new;
        }
        Map<String, NodeInfo> nodes = new HashMap<>();
        for (Container container : state.containers()) {
            if (container.request() != null) {
                long reserved = Objects.requireNonNullElse(
                        container.request().hostConfig().memoryReservation(), 0L);
                take(nodes, container.nodeId(), reserved, ContainerNeeds.hostPorts(container.request()));
            }
        }
        for (Task task : state.tasks()) {
            String nodeId = task.nodeId();
            if (nodeId != null && isThere(task)) {
                TaskGroup group = TaskGroup.of(task);
                state.revision(group.serviceId(), group.specVersion())
                        .map(revision -> Requirements.of(state, revision))
                        .ifPresent(of -> take(nodes, nodeId, of.memoryBytes(), of.hostPorts()));
            }
        }
        return id -> nodes.computeIfAbsent(id, NodeInfo::new);
    }

    private static void take(
            Map<String, NodeInfo> nodes, String nodeId, long memoryBytes, List<Requirements.HostPort> ports) {
        nodes.computeIfAbsent(nodeId, NodeInfo::new)
                .take(new Share(nodeId, "", reserving(memoryBytes, ports), List.of(), true, null));
    }

    private static Requirements reserving(long memoryBytes, List<Requirements.HostPort> ports) {
        return Requirements.NONE.withMemoryBytes(memoryBytes).withHostPorts(ports);
    }

    private static boolean isThere(Task task) {
        return task.state().compareTo(TaskState.ASSIGNED) >= 0 && task.state().compareTo(TaskState.RUNNING) <= 0;
    }

    private static Choice nowhere(String reasons) {
        return new Choice.Nowhere(
                Refusal.unavailable(reasons.isEmpty() ? "no suitable node" : "no suitable node (" + reasons + ")"));
    }
}
