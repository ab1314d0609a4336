package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.ClusterState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * All remembered tasks of one slot of a service.
 *
 * @param tasks in the order they were made
 */
public record Slot(String serviceId, SlotKey key, List<Task> tasks) {
    /** The order tasks were made in; those of one moment by revision, execution and ID, so that every manager sees one order. */
    public static final Comparator<Task> OLDEST_FIRST = Comparator.comparing(Task::createdAt)
            .thenComparing(task -> Objects.requireNonNullElse(task.specVersion(), 0L))
            .thenComparing(JobIterations::number)
            .thenComparing(Task::id);

    public Slot {
        tasks = tasks.size() < 2
                ? List.copyOf(tasks)
                : tasks.stream().sorted(OLDEST_FIRST).toList();
    }

    /** Every slot of a service, by number or node. */
    public static SortedMap<SlotKey, Slot> allOf(ClusterState state, String serviceId) {
        SortedMap<SlotKey, List<Task>> tasks = new TreeMap<>();
        for (Task task : state.tasksOfService(serviceId)) {
            tasks.computeIfAbsent(SlotKey.of(task), key -> new ArrayList<>(2)).add(task);
        }
        SortedMap<SlotKey, Slot> slots = new TreeMap<>();
        tasks.forEach((key, of) -> slots.put(key, new Slot(serviceId, key, of)));
        return slots;
    }

    /** The named slots of a service; one without tasks when nothing is remembered of it. Reads the tasks once. */
    public static List<Slot> of(ClusterState state, String serviceId, Set<SlotKey> keys) {
        Map<SlotKey, List<Task>> tasks = new TreeMap<>();
        keys.forEach(key -> tasks.put(key, new ArrayList<>(2)));
        boolean global = keys.stream().allMatch(SlotKey::isGlobal);
        Stream<Task> candidates = global
                ? keys.stream()
                        .flatMap(key -> state.tasksOnNode(key.nodeId()).stream())
                        .filter(task -> serviceId.equals(task.serviceId()))
                : state.tasksOfService(serviceId).stream();
        candidates.forEach(task -> {
            List<Task> of = tasks.get(SlotKey.of(task));
            if (of != null) {
                of.add(task);
            }
        });
        return tasks.entrySet().stream()
                .map(entry -> new Slot(serviceId, entry.getKey(), entry.getValue()))
                .toList();
    }

    /** The slot with this key of a service. */
    public static Slot of(ClusterState state, String serviceId, SlotKey key) {
        return of(state, serviceId, Set.of(key)).getFirst();
    }

    /** Those that are wanted to run, now or once prepared, or to their end: usually one, two while an update starts the new one first. */
    public List<Task> live() {
        return tasks.stream().filter(Slot::isLive).toList();
    }

    public Optional<Task> newest() {
        return tasks.isEmpty() ? Optional.empty() : Optional.of(tasks.getLast());
    }

    /** Whether it is wanted to run. That of a job is until it has completed. */
    public static boolean isLive(Task task) {
        return task.desiredState().compareTo(TaskState.RUNNING) <= 0
                || task.desiredState() == TaskState.COMPLETE && task.state() != TaskState.COMPLETE;
    }

    /** Whether it has ended, was refused, or is given up. */
    public static boolean isOver(Task task) {
        return task.state().compareTo(TaskState.RUNNING) > 0;
    }

    /** Whether it came to its end by itself, and was not told to. */
    public static boolean endedByItself(Task task) {
        return switch (task.state()) {
            case COMPLETE, FAILED, REJECTED -> true;
            default -> false;
        };
    }

    /** Whether no node ever had it and none ever will. */
    public static boolean willNeverRun(Task task) {
        return !isLive(task) && task.state().compareTo(TaskState.ASSIGNED) < 0;
    }
}
