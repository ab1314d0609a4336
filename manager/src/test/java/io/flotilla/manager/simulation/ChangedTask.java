package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotKey;
import io.flotilla.manager.orchestrator.rebalance.RebalanceRules;
import io.flotilla.manager.orchestrator.rebalance.Rebalancer;
import io.flotilla.manager.scheduler.Dependency;
import io.flotilla.manager.scheduler.PlacementLabels;
import io.flotilla.manager.state.ClusterState;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of a task after an entry that changed it: only lower tasks make room, and only where that is of use; a task
 * that is moved goes when the new one runs; a service starts when what it depends on is as far as it asks.
 */
final class ChangedTask {
    /** So many make room for others at a time. */
    private static final int MOST_LEAVING = 10;

    private final ClusterState before;
    private final ClusterState after;
    private final @Nullable Task was;
    private final Task is;
    private final Invariants invariants;

    ChangedTask(ClusterState before, ClusterState after, @Nullable Task was, Task is, Invariants invariants) {
        this.before = before;
        this.after = after;
        this.was = was;
        this.is = is;
        this.invariants = invariants;
    }

    private void fail(String what) {
        invariants.fail(what, null);
    }

    void check() {
        if (is.state() == TaskState.FAILED || is.state() == TaskState.REJECTED) {
            invariants.failed(String.valueOf(is.serviceId()));
        }
        String claimant = is.labels().get(PlacementLabels.PREEMPTED_BY);
        if (claimant != null && was != null && !was.labels().containsKey(PlacementLabels.PREEMPTED_BY)) {
            preempted(claimant);
        }
        String replaced = is.labels().get(Rebalancer.REPLACES);
        if (replaced != null && was != null && was.state() != TaskState.RUNNING && is.state() == TaskState.RUNNING) {
            invariants.tally.saw("moves done");
        }
        if (replaced != null && was == null) {
            invariants.tally.saw("moves begun");
            moveBegins(replaced);
        }
        if (isPlaced(is) && (was == null || !isPlaced(was))) {
            placed();
        }
    }

    private static boolean isPlaced(Task task) {
        return task.nodeId() != null && task.state().compareTo(TaskState.ASSIGNED) >= 0 && !Slot.willNeverRun(task);
    }

    // ---- priority

    private void preempted(String claimantId) {
        invariants.tally.saw("preempted tasks");
        Task claimant = after.task(claimantId).or(() -> before.task(claimantId)).orElse(null);
        if (claimant == null || claimant.labels().containsKey(PlacementLabels.SUCCESSOR_OF_PREEMPTED)) {
            fail("task " + is.id() + " made room for " + claimant);
            return;
        }
        int priority = PlacementLabels.priority(after, claimant.serviceId());
        if (PlacementLabels.priority(after, is.serviceId()) >= priority) {
            fail("task " + is.id() + " of no lower priority made room for " + claimantId + " of priority " + priority);
        }
        NodeDemand left = new NodeDemand(after);
        NodeDemand all = new NodeDemand(after);
        Map<String, Task> there = new TreeMap<>();
        before.tasksOnNode(nodeId()).forEach(task -> there.put(task.id(), task));
        after.tasksOnNode(nodeId()).forEach(task -> there.putIfAbsent(task.id(), task));
        for (Task task : there.values()) {
            boolean wasActive =
                    before.task(task.id()).filter(NodeDemand::isActive).isPresent();
            boolean isActive =
                    after.task(task.id()).filter(NodeDemand::isActive).isPresent();
            if (wasActive && isActive) {
                left.add(task);
            }
            // or for a while, between the two states
            boolean became = before.task(task.id())
                            .filter(old -> old.state().compareTo(TaskState.ASSIGNED) >= 0)
                            .isEmpty()
                    && !Slot.willNeverRun(after.task(task.id()).orElse(task));
            if (wasActive || isActive || became) {
                all.add(task);
            }
            promised(task, claimantId).ifPresent(all::add);
        }
        if (!left.hasRoomFor(claimant)) {
            fail("task " + is.id() + " made room for " + claimantId + ", which has none all the same");
        }
        if (all.hasRoomFor(claimant)) {
            fail("task " + is.id() + " made room for " + claimantId + ", which had enough");
        }
        if (leaving() > MOST_LEAVING) {
            fail(leaving() + " tasks make room at a time");
        }
    }

    private String nodeId() {
        return Objects.requireNonNull(is.nodeId());
    }

    /** Whom else a task that leaves leaves for. */
    private Optional<Task> promised(Task leaving, String claimantId) {
        return Optional.ofNullable(leaving.labels().get(PlacementLabels.PREEMPTED_BY))
                .filter(other -> !other.equals(claimantId))
                .flatMap(before::task)
                .filter(other -> other.state().compareTo(TaskState.ASSIGNED) < 0);
    }

    private long leaving() {
        return after.tasks().stream()
                .filter(task ->
                        task.labels().containsKey(PlacementLabels.PREEMPTED_BY) && isPlaced(task) && !Slot.isOver(task))
                .filter(task -> after.node(String.valueOf(task.nodeId()))
                        .filter(node -> node.status() != null && node.status().state() == NodeState.READY)
                        .isPresent())
                .count();
    }

    // ---- moves

    private void moveBegins(String replaced) {
        Task old = before.task(replaced).orElse(null);
        if (old == null || old.state().compareTo(TaskState.RUNNING) > 0 || !Slot.isLive(old)) {
            fail("task " + is.id() + " is to take the place of " + replaced + ", which does not run");
            return;
        }
        Service service = after.service(String.valueOf(is.serviceId())).orElseThrow();
        long budget = Long.parseLong(service.spec().labels().getOrDefault(RebalanceRules.PARALLELISM, "1"));
        List<Task> tasks = List.copyOf(after.tasksOfService(service.id()));
        long moves = tasks.stream().filter(task -> isMove(tasks, task)).count();
        if (moves > budget) {
            fail("service " + service.id() + " has " + moves + " tasks on the move, not " + budget);
        }
    }

    private static boolean isMove(List<Task> tasks, Task task) {
        return Slot.isLive(task)
                && tasks.stream()
                        .anyMatch(other -> Slot.isLive(other)
                                && other.id().equals(task.labels().get(Rebalancer.REPLACES)));
    }

    /** Whether a task is another's replacement that does not run yet: no reason for that one to go. */
    static boolean isUnfinishedMove(Task task, Task of) {
        return of.id().equals(task.labels().get(Rebalancer.REPLACES))
                && SlotKey.of(task).equals(SlotKey.of(of))
                && task.state() != TaskState.RUNNING;
    }

    // ---- dependencies

    private void placed() {
        Service service = after.service(String.valueOf(is.serviceId())).orElse(null);
        if (service == null || !invariants.placedFirst(service.id())) {
            return;
        }
        if (service.spec().labels().containsKey(Dependency.LABEL)) {
            invariants.tally.saw("services started after what they depend on");
        }
        new Conditions(before, after)
                .unmet(service)
                .ifPresent(what -> fail("task " + is.id() + " has a node though its service waits for " + what));
    }
}
