package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Task;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The slots a control loop has to look at, by service, in order. */
public final class SlotsTouched {
    private final SortedMap<String, SortedSet<SlotKey>> keys = new TreeMap<>();

    /** Slots of tasks that changed, or whose node did. */
    public static SlotsTouched by(ClusterState state, Changed changed) {
        SlotsTouched touched = new SlotsTouched();
        Stream<Task> tasks = changed.everything()
                ? state.tasks().stream()
                : Stream.concat(
                        changed.of(ObjectKind.TASK).stream().flatMap(id -> state.task(id).stream()),
                        changed.of(ObjectKind.NODE).stream().flatMap(id -> state.tasksOnNode(id).stream()));
        tasks.forEach(touched::add);
        return touched;
    }

    public void add(Task task) {
        if (task.serviceId() != null) {
            add(task.serviceId(), SlotKey.of(task));
        }
    }

    public void add(String serviceId, SlotKey key) {
        keys.computeIfAbsent(serviceId, id -> new TreeSet<>()).add(key);
    }

    public SortedMap<String, SortedSet<SlotKey>> byService() {
        return keys;
    }
}
