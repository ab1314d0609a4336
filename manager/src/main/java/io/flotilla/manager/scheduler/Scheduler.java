package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.VolumeAttachment;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.ImageNames;
import io.flotilla.manager.state.Turn;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
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

    private boolean note(ClusterState state, String id, @Nullable Task task) {
        pending.changed(id, task);
        return fleet.taskChanged(state, id, task);
    }

    private void scheduleChanged(Turn turn, Changed changed) {
        Set<TaskGroup> groups = new TreeSet<>(gate.touched(turn.state(), changed));
        boolean volumesMoved = !changed.of(ObjectKind.SWARM_VOLUME).isEmpty()
                || changed.of(ObjectKind.TASK).stream().anyMatch(id -> hasVolumes(turn, id));
        if (volumesMoved) {
            groups.addAll(waitingForVolumes(turn.state()));
        }
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

    private static boolean hasVolumes(Turn turn, String taskId) {
        return turn.state()
                .task(taskId)
                .or(() -> turn.base().task(taskId))
                .filter(task -> !task.volumes().isEmpty())
                .isPresent();
    }

    /** Groups that mount cluster volumes: one may have come, changed or become free. */
    private Set<TaskGroup> waitingForVolumes(ClusterState state) {
        Set<TaskGroup> waiting = new TreeSet<>();
        Stream.concat(
                        pending.groups().stream(),
                        pending.preassigned().stream().flatMap(id -> state.task(id).map(TaskGroup::of).stream()))
                .filter(group -> !fleet.needs(state, group).volumes().isEmpty())
                .forEach(waiting::add);
        return waiting;
    }

    /** Tasks that are alike, or one whose node is given. @param tasks the oldest first */
    private record Waiting(TaskGroup group, List<Task> tasks, boolean preassigned, int priority) {
        /** What is scarce goes to the higher priority, then to nodes' own tasks, then to those that waited longest. */
        private static final Comparator<Waiting> BY_CLAIM = Comparator.comparingInt((Waiting each) -> -each.priority())
                .thenComparing(each -> !each.preassigned())
                .thenComparing(each -> each.tasks().getFirst(), IN_ORDER);

        static Waiting of(ClusterState state, List<Task> tasks, boolean preassigned) {
            TaskGroup group = TaskGroup.of(tasks.getFirst());
            return new Waiting(group, tasks, preassigned, PlacementLabels.priority(state, group.serviceId()));
        }
    }

    private List<Waiting> waiting(ClusterState state, Set<TaskGroup> groups, Set<String> preassigned) {
        Stream<Waiting> alone = preassigned.stream()
                .flatMap(id -> state.task(id).stream())
                .map(task -> Waiting.of(state, List.of(task), true));
        Stream<Waiting> alike = groups.stream()
                .map(group -> pending.tasksOf(group).stream()
                        .flatMap(id -> state.task(id).stream())
                        .sorted(IN_ORDER)
                        .toList())
                .filter(tasks -> !tasks.isEmpty())
                .map(tasks -> Waiting.of(state, tasks, false));
        return Stream.concat(alone, alike).sorted(Waiting.BY_CLAIM).toList();
    }

    private void schedule(Turn turn, Set<TaskGroup> groups, Set<String> preassigned) {
        for (Waiting each : waiting(turn.state(), groups, preassigned)) {
            if (each.preassigned()) {
                confirm(turn, each.tasks().getFirst(), each.priority());
            } else {
                place(turn, each.group(), each.tasks(), each.priority());
            }
        }
    }

    private Pipeline pipeline(Turn turn, TaskGroup group, Requirements needs, int priority) {
        ClusterState state = turn.state();
        Pipeline pipeline = new Pipeline(group.serviceId(), needs, turn::state);
        pipeline.keepClear(node -> node.claims().keySet().stream()
                .filter(pending::waits)
                .flatMap(claimant -> state.task(claimant).stream())
                .anyMatch(claimant -> PlacementLabels.priority(state, claimant.serviceId()) > priority));
        return pipeline;
    }

    // ---- for tasks that fit nowhere while lower ones run

    /**
     * Tasks that fit nowhere for now and for which no task has been told to go yet, the highest priority first; of tasks
     * that are alike one. Those that took the place of a preempted one preempt nothing themselves, so they are none.
     */
    public List<Task> unplaced(ClusterState state) {
        return waiting(state, pending.groups(), pending.preassigned()).stream()
                .filter(each -> !StartGate.isHeld(state, each.group()))
                .flatMap(each -> each.tasks().stream()
                        .filter(task -> !fleet.isClaimant(task.id()))
                        .filter(task -> !task.labels().containsKey(PlacementLabels.SUCCESSOR_OF_PREEMPTED))
                        .limit(1))
                .toList();
    }

    /** How many tasks on nodes that are there have been told to make room and have not gone yet. */
    public int leaving() {
        return fleet.leaving();
    }

    /**
     * Which tasks of lower priority would have to go so that a task fits.
     *
     * @param mayGo which tasks may be chosen
     * @param most how many
     */
    public Optional<Eviction> evictionFor(ClusterState state, Task waiting, Predicate<Task> mayGo, int most) {
        return new Evictions(state, fleet, pending::waits, mayGo, waiting, most).best();
    }

    private void confirm(Turn turn, Task task, int priority) {
        TaskGroup group = TaskGroup.of(task);
        Optional<String> held = gate.holds(turn.state(), group);
        if (held.isPresent()) {
            explain(turn, task, held.get(), "", true);
            return;
        }
        Requirements needs = fleet.needs(turn.state(), group);
        Pipeline pipeline = pipeline(turn, group, needs, priority);
        NodeInfo node = fleet.node(Objects.requireNonNull(task.nodeId()));
        if (pipeline.passes(node)) {
            assign(turn, task, node, needs, "scheduler confirmed task can run on preassigned node");
        } else {
            explain(turn, task, pipeline.explain(), pipeline.examples(), true);
        }
    }

    private void place(Turn turn, TaskGroup group, List<Task> tasks, int priority) {
        Optional<String> held = gate.holds(turn.state(), group);
        if (held.isPresent()) {
            tasks.forEach(task -> explain(turn, task, held.get(), "", true));
            return;
        }
        Requirements needs = fleet.needs(turn.state(), group);
        Ranking ranking = ranking(turn, group, needs);
        int placed = 0;
        boolean fewToSpread = ranking.strategy() == PlacementLabels.Strategy.SPREAD
                && tasks.size() < fleet.nodes().size();
        if (fewToSpread) {
            LeastLoaded best = new LeastLoaded(
                    fleet.topology(needs),
                    fleet.nodesOf(group.serviceId()),
                    ranking,
                    pipeline(turn, group, needs, priority));
            NodeInfo node;
            while (placed < tasks.size() && (node = best.take()) != null) {
                assign(turn, tasks.get(placed++), node, needs, "scheduler assigned task to node");
            }
        }
        if (placed < tasks.size()) {
            placeAmongAll(turn, tasks.subList(placed, tasks.size()), needs, ranking, priority);
        }
    }

    private void placeAmongAll(Turn turn, List<Task> tasks, Requirements needs, Ranking ranking, int priority) {
        Pipeline pipeline = pipeline(turn, ranking.group(), needs, priority);
        // who takes a volume takes it from other nodes too: any node may be needed
        int most = needs.volumes().isEmpty() ? tasks.size() : Integer.MAX_VALUE;
        SpreadTree tree = new SpreadTree(ranking, most, fleet.topology(needs));
        for (NodeInfo node : fleet.nodes()) {
            tree.add(node, pipeline.passes(node));
        }
        for (Task task : tasks) {
            NodeInfo node = tree.take();
            while (node != null && !needs.volumes().isEmpty() && !pipeline.passes(node)) {
                // the task before has got the volume
                tree.refused(node);
                node = tree.take();
            }
            if (node == null) {
                explain(turn, task, pipeline, tasks.size() <= MOST_WITH_FRESH_EXAMPLES);
                continue;
            }
            assign(turn, task, node, needs, "scheduler assigned task to node");
            if (pipeline.passes(node)) {
                tree.offer(node);
            }
        }
    }

    private static void explain(Turn turn, Task task, Pipeline pipeline, boolean fresh) {
        String reasons = pipeline.explain();
        explain(
                turn,
                task,
                reasons.isEmpty() ? "no suitable node" : "no suitable node (" + reasons + ")",
                pipeline.examples(),
                fresh);
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
                .withVolumes(volumes(turn.state(), node, needs))
                .withStatus(task.status()
                        .withState(TaskState.ASSIGNED)
                        .withMessage(message)
                        .withErr(null)
                        .withTimestamp(turn.now()))
                .withUpdatedAt(turn.now());
        turn.put(assigned);
        note(turn.state(), task.id(), assigned);
    }

    private static List<VolumeAttachment> volumes(ClusterState state, NodeInfo node, Requirements needs) {
        return needs.volumes().isEmpty()
                ? List.of()
                : ClusterVolumes.choose(state, Objects.requireNonNull(node.node()), needs.volumes())
                        .attachments();
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
