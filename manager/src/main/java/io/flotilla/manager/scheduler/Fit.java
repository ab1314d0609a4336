package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.manager.state.ClusterState;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The scheduler's judgement of a node, for those who think of placing a task there. */
public final class Fit {
    private Fit() {}

    /**
     * Whether a node has what one more task of a service's present revision needs, none of them failed there lately, and no
     * room is being made there for another.
     */
    public static boolean fits(ClusterState state, Service service, Node node, Instant now) {
        TaskGroup group = new TaskGroup(service.id(), service.specVersion());
        Fleet fleet = new Fleet();
        fleet.nodeChanged(node.id(), node);
        state.containersOnNode(node.id()).forEach(each -> fleet.containerChanged(each.id(), each));
        state.tasksOnNode(node.id()).forEach(task -> fleet.taskChanged(state, task.id(), task));
        NodeInfo info = fleet.node(node.id());
        return new Pipeline(service.id(), fleet.needs(state, group), () -> state).passes(info)
                && info.recentFailures(group, now) == 0
                && info.claims().isEmpty();
    }

    /** Whether the service's tasks are to be spread, and not packed. */
    public static boolean isSpread(ClusterState state, Service service) {
        return PlacementLabels.strategy(state, service.id()) == PlacementLabels.Strategy.SPREAD;
    }

    /** By which labels a service's placement preferences branch the nodes, the most important first. */
    public static List<String> spreadBy(Service service) {
        List<String> descriptors = Optional.ofNullable(service.spec().taskTemplate())
                .map(TaskSpec::placement)
                .map(Placement::preferences)
                .orElse(List.of())
                .stream()
                .map(Placement.Preference::spread)
                .filter(Objects::nonNull)
                .map(spread -> Objects.requireNonNullElse(spread.spreadDescriptor(), ""))
                .toList();
        return SpreadTree.known(descriptors);
    }

    /** The branch a node is in. @param label one of {@link #spreadBy} */
    public static String branch(String label, Node node) {
        return SpreadTree.valueOf(label, node);
    }
}
