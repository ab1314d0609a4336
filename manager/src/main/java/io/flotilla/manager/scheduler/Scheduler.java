package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.ImageNames;
import io.flotilla.manager.state.TaskTransitions;
import io.flotilla.manager.state.Turn;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Places pending tasks. Like tasks are placed together: the nodes are judged once for all of them, and a heap of those that
 * fit gives the best one for each. A task that fits nowhere stays pending with the reason, and is tried again when a node
 * changes or some task gives something back.
 */
public final class Scheduler implements ControlLoop {
    private static final Comparator<Task> IN_ORDER = Comparator.comparing(Task::createdAt)
            .thenComparing(task -> Objects.requireNonNullElse(task.slot(), 0L))
            .thenComparing(Task::id);

    /** In a larger group an example is as it was when the reasons changed last: to keep it fresh would be a flood. */
    private static final int MOST_WITH_FRESH_EXAMPLES = 100;

    private final Fleet fleet = new Fleet();
    private final PendingTasks pending = new PendingTasks();
    private final StartGate gate = new StartGate();

    @Override
    public void settle(Turn turn, Changed changed) {
        ClusterState state = turn.state();
        if (changed.everything()) {
            fleet.clear();
            pending.clear();
            gate.clear();
            state.nodes().forEach(node -> fleet.nodeChanged(node.id(), node));
            state.containers().forEach(container -> fleet.containerChanged(container.id(), container));
            state.tasks().stream().sorted(IN_ORDER).forEach(task -> note(state, task.id(), task));
            schedule(turn, pending.groups(), pending.preassigned());
            return;
        }
        if (!changed.of(ObjectKind.REVISION).isEmpty()) {
            fleet.revisionsChanged(state);
        }
        boolean moreToGive = !changed.of(ObjectKind.NODE).isEmpty();
        for (String id : changed.of(ObjectKind.NODE)) {
            fleet.nodeChanged(id, state.node(id).orElse(null));
        }
        for (String id : changed.of(ObjectKind.CONTAINER)) {
            moreToGive |= fleet.containerChanged(id, state.container(id).orElse(null));
        }
        for (String id : changed.of(ObjectKind.TASK)) {
            moreToGive |= note(state, id, state.task(id).orElse(null));
        }
        if (moreToGive) {
            schedule(turn, pending.groups(), pending.preassigned());
        } else {
            scheduleChanged(turn, changed);
        }
    }

    @Override
    public TaskTransitions.Maker maker() {
        return TaskTransitions.Maker.SCHEDULER;
    }

    private boolean note(ClusterState state, String id, @Nullable Task task) {
        pending.changed(id, task);
        return fleet.taskChanged(state, id, task);
    }

    private void scheduleChanged(Turn turn, Changed changed) {
        Set<TaskGroup> groups = new TreeSet<>(gate.touched(turn.state(), changed));
        Set<String> preassigned = new TreeSet<>();
        if (!groups.isEmpty()) {
            pending.preassigned().stream()
                    .filter(id -> turn.state()
                            .task(id)
                            .map(TaskGroup::of)
                            .map(groups::contains)
                            .orElse(false))
                    .forEach(preassigned::add);
        }
        for (String id : changed.of(ObjectKind.TASK)) {
            turn.state().task(id).map(TaskGroup::of).ifPresent(groups::add);
            if (pending.preassigned().contains(id)) {
                preassigned.add(id);
            }
        }
        groups.retainAll(pending.groups());
        schedule(turn, groups, preassigned);
    }

    /** The groups that have waited longest come first: what is scarce goes to them. */
    private void schedule(Turn turn, Set<TaskGroup> groups, Set<String> preassigned) {
        ClusterState state = turn.state();
        record Waiting(TaskGroup group, List<Task> tasks) {}
        List<Waiting> waiting = groups.stream()
                .map(group -> new Waiting(
                        group,
                        pending.tasksOf(group).stream()
                                .flatMap(id -> state.task(id).stream())
                                .sorted(IN_ORDER)
                                .toList()))
                .sorted(Comparator.comparing((Waiting each) -> each.tasks().getFirst(), IN_ORDER))
                .toList();
        preassigned.stream()
                .flatMap(id -> state.task(id).stream())
                .sorted(IN_ORDER)
                .toList()
                .forEach(task -> confirm(turn, task));
        waiting.forEach(each -> place(turn, each.group(), each.tasks()));
    }

    private void confirm(Turn turn, Task task) {
        TaskGroup group = TaskGroup.of(task);
        Optional<String> held = gate.holds(turn.state(), group);
        if (held.isPresent()) {
            explain(turn, task, held.get(), "", true);
            return;
        }
        Requirements needs = fleet.needs(turn.state(), group);
        Pipeline pipeline = new Pipeline(group.serviceId(), needs);
        NodeInfo node = fleet.node(Objects.requireNonNull(task.nodeId()));
        if (pipeline.passes(node)) {
            assign(turn, task, node, needs, "scheduler confirmed task can run on preassigned node");
        } else {
            explain(turn, task, pipeline.explain(), pipeline.examples(), true);
        }
    }

    private void place(Turn turn, TaskGroup group, List<Task> tasks) {
        Optional<String> held = gate.holds(turn.state(), group);
        if (held.isPresent()) {
            tasks.forEach(task -> explain(turn, task, held.get(), "", true));
            return;
        }
        Requirements needs = fleet.needs(turn.state(), group);
        Pipeline pipeline = new Pipeline(group.serviceId(), needs);
        SpreadTree tree = new SpreadTree(ranking(turn, group, needs), tasks.size(), needs.spreadBy());
        for (NodeInfo node : fleet.nodes()) {
            tree.count(node);
            if (pipeline.passes(node)) {
                tree.offer(node);
            }
        }
        for (Task task : tasks) {
            NodeInfo node = tree.take();
            if (node == null) {
                String reasons = pipeline.explain();
                explain(
                        turn,
                        task,
                        reasons.isEmpty() ? "no suitable node" : "no suitable node (" + reasons + ")",
                        pipeline.examples(),
                        tasks.size() <= MOST_WITH_FRESH_EXAMPLES);
                continue;
            }
            assign(turn, task, node, needs, "scheduler assigned task to node");
            if (pipeline.passes(node)) {
                tree.offer(node);
            }
        }
    }

    private static Ranking ranking(Turn turn, TaskGroup group, Requirements needs) {
        Set<String> holders = Optional.ofNullable(needs.image())
                .flatMap(image -> ImageNames.resolve(turn.state(), image))
                .map(image -> Set.copyOf(image.nodeIds()))
                .orElse(Set.of());
        return new Ranking(group, PlacementLabels.strategy(turn.state(), group.serviceId()), holders, turn.now());
    }

    private void assign(Turn turn, Task task, NodeInfo node, Requirements needs, String message) {
        Task assigned = task.withNodeId(node.id())
                .withAssignedGenericResources(node.generic().choose(needs.generic()))
                .withStatus(task.status()
                        .withState(TaskState.ASSIGNED)
                        .withMessage(message)
                        .withErr(null)
                        .withTimestamp(turn.now()))
                .withUpdatedAt(turn.now());
        turn.put(assigned);
        note(turn.state(), task.id(), assigned);
    }

    /**
     * @param reasons in Docker's words: clients look for them
     * @param fresh whether the task is written again when only the examples are others
     */
    private static void explain(Turn turn, Task task, String reasons, String examples, boolean fresh) {
        String whole = examples.isEmpty() ? reasons : reasons + ": " + examples;
        String known = Objects.requireNonNullElse(task.status().err(), "");
        boolean same = fresh ? known.equals(whole) : known.equals(reasons) || known.startsWith(reasons + ": ");
        if (!same) {
            turn.put(task.withStatus(task.status().withErr(whole).withTimestamp(turn.now()))
                    .withUpdatedAt(turn.now()));
        }
    }
}
