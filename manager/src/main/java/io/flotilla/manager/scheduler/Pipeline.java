package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Node;
import io.flotilla.manager.state.ClusterState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The conditions a node must meet for a group of tasks, in SwarmKit's order. A node that fails counts against the first
 * condition it does not meet, so that a task without a node can say how many nodes lacked what; the caller asks for no node
 * again that failed.
 */
final class Pipeline {
    private interface Filter {
        boolean passes(NodeInfo info, Node node);
    }

    /** Says of a node that failed what it lacks. */
    private interface Example {
        String of(NodeInfo info, Node node);
    }

    /** One condition, with the number of nodes that did not meet it and the first of them. */
    private static final class Stage {
        private final Filter filter;
        private final IntFunction<String> explanation;
        private final @Nullable Example example;
        private int failures;
        private @Nullable NodeInfo first;

        Stage(Filter filter, IntFunction<String> explanation, @Nullable Example example) {
            this.filter = filter;
            this.explanation = explanation;
            this.example = example;
        }

        boolean passes(NodeInfo info, Node node) {
            if (filter.passes(info, node)) {
                return true;
            }
            if (failures++ == 0) {
                first = info;
            }
            return false;
        }

        Stream<String> example() {
            return first == null || example == null || first.node() == null
                    ? Stream.empty()
                    : Stream.of(example.of(first, first.node()));
        }
    }

    private final List<Stage> stages = new ArrayList<>();

    /** @param state as it is whenever a node is judged: who has which cluster volume changes with each task that is placed */
    Pipeline(String serviceId, Requirements needs, Supplier<ClusterState> state) {
        stages.add(new Stage(
                (info, node) -> info.isReady(),
                count -> nodes(count) + " not available for new tasks",
                (info, node) -> Shortfall.availability(node)));
        if (needs.reservesAnything()) {
            stages.add(new Stage(
                    (info, node) -> info.hasFree(needs),
                    count -> "insufficient resources on " + nodes(count),
                    (info, node) -> Shortfall.resources(info, node, needs)));
        }
        if (!needs.plugins().isEmpty()) {
            stages.add(new Stage(
                    (info, node) -> info.hasPlugins(needs.plugins()),
                    count -> "missing plugin on " + nodes(count),
                    (info, node) -> Shortfall.plugin(info, node, needs.plugins())));
        }
        if (!needs.constraints().isEmpty()) {
            stages.add(new Stage(
                    (info, node) -> Constraint.allMatch(needs.constraints(), node),
                    count -> "scheduling constraints not satisfied on " + nodes(count),
                    (info, node) -> Shortfall.constraint(node, needs.constraints())));
        }
        if (!needs.platforms().isEmpty()) {
            stages.add(new Stage(
                    (info, node) ->
                            needs.platforms().stream().anyMatch(wanted -> Platforms.runsOn(wanted, Platforms.of(node))),
                    count -> "unsupported platform on " + nodes(count),
                    (info, node) -> Shortfall.platform(node, needs.platforms())));
        }
        if (!needs.hostPorts().isEmpty()) {
            stages.add(new Stage(
                    (info, node) -> !info.holdsAny(needs),
                    count -> "host-mode port already in use on " + nodes(count),
                    (info, node) -> Shortfall.hostPort(info, node, needs.hostPorts())));
        }
        if (needs.maxReplicas() > 0) {
            stages.add(new Stage(
                    (info, node) -> info.activeTasksOf(serviceId) < needs.maxReplicas(),
                    count -> "max replicas per node limit exceed",
                    (info, node) -> Shortfall.replicas(node, info.activeTasksOf(serviceId), needs.maxReplicas())));
        }
        if (!needs.volumes().isEmpty()) {
            stages.add(new Stage(
                    (info, node) -> ClusterVolumes.choose(state.get(), node, needs.volumes())
                            .fits(),
                    count -> "cannot fulfill requested CSI volume mounts on " + nodes(count),
                    (info, node) -> ClusterVolumes.choose(state.get(), node, needs.volumes())
                            .lacking()));
        }
    }

    /** Nodes where tasks leave for another one of a higher priority take none of a lower one meanwhile. */
    void keepClear(Predicate<NodeInfo> held) {
        stages.add(new Stage(
                (info, node) -> info.claims().isEmpty() || !held.test(info),
                count -> "held for a task of higher priority: " + nodes(count),
                null));
    }

    /**
     * One more condition, after the others.
     *
     * @param explanation from how many nodes do not meet it, in words
     */
    void require(Predicate<Node> condition, UnaryOperator<String> explanation) {
        stages.add(new Stage((info, node) -> condition.test(node), count -> explanation.apply(nodes(count)), null));
    }

    boolean passes(NodeInfo info) {
        Node node = info.node();
        if (node == null) {
            return false;
        }
        for (int stage = 0; stage < stages.size(); stage++) {
            if (!stages.get(stage).passes(info, node)) {
                return false;
            }
        }
        return true;
    }

    /** Why nodes failed in Docker's words, the most frequent reason first; empty when there was no node at all. */
    String explain() {
        return failed().map(stage -> stage.explanation.apply(stage.failures)).collect(Collectors.joining("; "));
    }

    /** For each reason of {@link #explain} the first node it holds for and what that node lacks; may be empty. */
    String examples() {
        return failed().flatMap(Stage::example).collect(Collectors.joining("; "));
    }

    private Stream<Stage> failed() {
        return stages.stream()
                .filter(stage -> stage.failures > 0)
                .sorted(Comparator.comparingInt((Stage stage) -> -stage.failures));
    }

    private static String nodes(int count) {
        return count == 1 ? "1 node" : count + " nodes";
    }
}
