package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Node;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The conditions a node must meet for a group of tasks, in SwarmKit's order. A node that fails counts against the first
 * condition it does not meet, so that a task without a node can say how many nodes lacked what; the caller asks for no node
 * again that failed.
 */
final class Pipeline {
    private static final int MOST_STAGES = 8;

    private interface Filter {
        boolean passes(NodeInfo info, Node node);
    }

    private record Stage(Filter filter, IntFunction<String> explanation) {}

    private final List<Stage> stages = new ArrayList<>();
    private final int[] failures = new int[MOST_STAGES];

    Pipeline(String serviceId, Requirements needs) {
        stages.add(new Stage((info, node) -> info.isReady(), count -> nodes(count) + " not available for new tasks"));
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
                            needs.platforms().stream().anyMatch(wanted -> Platforms.runsOn(wanted, Platforms.of(node))),
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

    /**
     * One more condition, after the others.
     *
     * @param explanation from how many nodes do not meet it, in words
     */
    void require(Predicate<Node> condition, UnaryOperator<String> explanation) {
        stages.add(new Stage((info, node) -> condition.test(node), count -> explanation.apply(nodes(count))));
    }

    boolean passes(NodeInfo info) {
        Node node = info.node();
        if (node == null) {
            return false;
        }
        for (int stage = 0; stage < stages.size(); stage++) {
            if (!stages.get(stage).filter().passes(info, node)) {
                failures[stage]++;
                return false;
            }
        }
        return true;
    }

    /** Why nodes failed, the most frequent reason first; empty when there was no node at all. */
    String explain() {
        return IntStream.range(0, stages.size())
                .filter(stage -> failures[stage] > 0)
                .boxed()
                .sorted(Comparator.comparingInt((Integer stage) -> -failures[stage]))
                .map(stage -> stages.get(stage).explanation().apply(failures[stage]))
                .collect(Collectors.joining("; "));
    }

    private static String nodes(int count) {
        return count == 1 ? "1 node" : count + " nodes";
    }
}
