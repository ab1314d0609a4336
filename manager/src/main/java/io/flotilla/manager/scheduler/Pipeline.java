package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.Platform;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The conditions a node must meet for a group of tasks, in SwarmKit's order. Each node that fails counts against the first
 * condition it does not meet, once, so that a task without a node can say how many nodes lacked what.
 */
final class Pipeline {
    private interface Filter {
        boolean passes(NodeInfo info, Node node);
    }

    private record Stage(Filter filter, IntFunction<String> explanation) {}

    private final List<Stage> stages = new ArrayList<>();
    private final Map<String, Integer> stageByFailedNode = new HashMap<>();

    Pipeline(String serviceId, Requirements needs) {
        stages.add(new Stage((info, node) -> isReady(node), count -> nodes(count) + " not available for new tasks"));
        if (needs.reservesAnything()) {
            stages.add(new Stage(
                    (info, node) -> !needs.genericResources() && info.hasFree(needs),
                    count -> "insufficient resources on " + nodes(count)));
        }
        if (!needs.constraints().isEmpty()) {
            stages.add(new Stage(
                    (info, node) -> Constraint.allMatch(needs.constraints(), node),
                    count -> "scheduling constraints not satisfied on " + nodes(count)));
        }
        if (!needs.platforms().isEmpty()) {
            stages.add(new Stage(
                    (info, node) ->
                            needs.platforms().stream().anyMatch(wanted -> Platforms.runsOn(wanted, platform(node))),
                    count -> "unsupported platform on " + nodes(count)));
        }
        if (!needs.hostPorts().isEmpty()) {
            stages.add(new Stage(
                    (info, node) -> !info.holdsAny(needs),
                    count -> "host-mode port already in use on " + nodes(count)));
        }
        if (needs.maxReplicas() > 0) {
            stages.add(new Stage(
                    (info, node) -> info.activeTasksOf(serviceId) < needs.maxReplicas(),
                    count -> "max replicas per node limit exceed"));
        }
    }

    boolean passes(NodeInfo info) {
        Node node = info.node();
        if (node == null) {
            return false;
        }
        for (int stage = 0; stage < stages.size(); stage++) {
            if (!stages.get(stage).filter().passes(info, node)) {
                stageByFailedNode.put(info.id(), stage);
                return false;
            }
        }
        return true;
    }

    /** Why nodes failed, the most frequent reason first; empty when there was no node at all. */
    String explain() {
        Map<Integer, Long> failures = stageByFailedNode.values().stream()
                .collect(Collectors.groupingBy(stage -> stage, Collectors.counting()));
        return failures.entrySet().stream()
                .sorted(Map.Entry.<Integer, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .map(entry -> stages.get(entry.getKey())
                        .explanation()
                        .apply(entry.getValue().intValue()))
                .collect(Collectors.joining("; "));
    }

    private static boolean isReady(Node node) {
        return node.status() != null
                && node.status().state() == NodeState.READY
                && (node.spec().availability() == null || node.spec().availability() == NodeSpec.Availability.ACTIVE);
    }

    private static @Nullable Platform platform(Node node) {
        NodeDescription description = node.description();
        return description == null ? null : description.platform();
    }

    private static String nodes(int count) {
        return count == 1 ? "1 node" : count + " nodes";
    }
}
