package io.flotilla.manager.orchestrator.restart;

import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.Deadlines;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.orchestrator.RestartRules;
import io.flotilla.manager.orchestrator.RevisionComparison;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotKey;
import io.flotilla.manager.orchestrator.SlotsTouched;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;

/**
 * Keeps every slot filled: what ended, or can't stay on its node, is told to shut down and gets a successor as its restart
 * policy says. A successor is prepared at once, wanted READY, and wanted RUNNING when its predecessor is over and the
 * restart delay has passed. Both moments follow from the slot's tasks, so that a new leader starts it neither early nor
 * never.
 */
public final class RestartSupervisor implements ControlLoop {
    /** How long beyond its stop grace period a task may take to stop before its successor is started all the same. */
    private static final Duration STOP_TIMEOUT = Duration.ofMinutes(1);

    private static final Duration DEFAULT_STOP_GRACE = Duration.ofSeconds(10);

    private record Place(String serviceId, SlotKey key) implements Comparable<Place> {
        private static final Comparator<Place> ORDER =
                Comparator.comparing(Place::serviceId).thenComparing(Place::key);

        @Override
        public int compareTo(Place other) {
            return ORDER.compare(this, other);
        }
    }

    private final Deadlines<Place> starts = new Deadlines<>();

    @Override
    public void settle(Turn turn, Changed changed) {
        SlotsTouched touched = SlotsTouched.by(turn.state(), changed);
        starts.takeDue(turn.now()).forEach(place -> touched.add(place.serviceId(), place.key()));
        touched.byService().forEach((serviceId, keys) -> supervise(turn, serviceId, keys));
    }

    @Override
    public Optional<Instant> wakeAt() {
        return starts.next();
    }

    private void supervise(Turn turn, String serviceId, SortedSet<SlotKey> keys) {
        keys.forEach(key -> starts.cancel(new Place(serviceId, key)));
        turn.state().service(serviceId).ifPresent(service -> {
            RevisionComparison revisions = new RevisionComparison(turn.state(), service);
            Slot.of(turn.state(), serviceId, keys).forEach(slot -> supervise(turn, service, slot, revisions));
        });
    }

    private void supervise(Turn turn, Service service, Slot slot, RevisionComparison revisions) {
        List<Task> finished = slot.live().stream()
                .filter(task -> Slot.isOver(task) || hasLostNode(turn.state(), task))
                .filter(task -> !endedBeforeItsTurn(turn, slot, task))
                .toList();
        finished.forEach(task -> TaskChanges.desire(turn, task, TaskState.SHUTDOWN));
        List<Task> left =
                slot.live().stream().filter(task -> !finished.contains(task)).toList();
        left.stream()
                .filter(task -> task.desiredState() == TaskState.READY)
                .forEach(task -> startWhenDue(turn, slot, task));
        // while an update starts the new task first, the old one is no successor of the new one
        boolean filled = left.stream().anyMatch(task -> !revisions.isOutdated(task));
        if (!filled && finished.stream().anyMatch(task -> isToBeReplaced(turn.state(), slot, task))) {
            TaskChanges.create(turn, service, slot.key(), TaskState.READY);
        }
    }

    /**
     * A successor that was refused while it still waited for its restart delay keeps the slot until the delay is over, as in
     * SwarmKit: a task no node can prepare would be replaced as fast as it is refused.
     */
    private static boolean endedBeforeItsTurn(Turn turn, Slot slot, Task task) {
        return task.desiredState() == TaskState.READY
                && Slot.endedByItself(task)
                && !hasLostNode(turn.state(), task)
                && startOf(turn.state(), slot, task).isAfter(turn.now());
    }

    private static boolean hasLostNode(ClusterState state, Task task) {
        return NodeValidity.isInvalid(state, task.nodeId());
    }

    private static boolean isToBeReplaced(ClusterState state, Slot slot, Task task) {
        if (slot.key().isGlobal() && hasLostNode(state, task)) {
            // the node comes back with a new task, or not at all: the global orchestrator's to know
            return false;
        }
        return Slot.isOver(task) ? RestartRules.shouldRestart(state, slot, task) : RestartRules.shouldMove(state, task);
    }

    private void startWhenDue(Turn turn, Slot slot, Task task) {
        Instant due = startOf(turn.state(), slot, task);
        if (due.isAfter(turn.now())) {
            starts.set(new Place(slot.serviceId(), slot.key()), due);
        } else {
            TaskChanges.start(turn, task);
        }
    }

    private static Instant startOf(ClusterState state, Slot slot, Task task) {
        List<Task> older = slot.tasks().stream()
                .filter(other -> Slot.OLDEST_FIRST.compare(other, task) < 0)
                .toList();
        Instant due = task.createdAt();
        if (!older.isEmpty()
                && Slot.endedByItself(older.getLast())
                && task.specVersion() != null
                && task.specVersion().equals(older.getLast().specVersion())
                && Objects.equals(task.jobIteration(), older.getLast().jobIteration())) {
            due = due.plus(RestartRules.delay(state, older.getLast()));
        }
        for (Task other : older) {
            if (isStillUp(state, other)) {
                Instant patience =
                        task.createdAt().plus(stopGrace(state, other)).plus(STOP_TIMEOUT);
                due = due.isAfter(patience) ? due : patience;
            }
        }
        return due;
    }

    private static boolean isStillUp(ClusterState state, Task task) {
        return !Slot.isLive(task)
                && !Slot.isOver(task)
                && !Slot.willNeverRun(task)
                && !NodeValidity.isGoneOrDown(state, task.nodeId());
    }

    private static Duration stopGrace(ClusterState state, Task task) {
        return Optional.ofNullable(task.specVersion())
                .flatMap(version -> state.revision(String.valueOf(task.serviceId()), version))
                .map(revision -> revision.spec().containerSpec())
                .map(container -> container.stopGracePeriod())
                .map(Duration::ofNanos)
                .orElse(DEFAULT_STOP_GRACE);
    }
}
