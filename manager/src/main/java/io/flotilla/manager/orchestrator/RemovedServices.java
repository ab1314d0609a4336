package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.util.List;
import java.util.TreeSet;

/** Removes the tasks of services that are no more. The service itself is gone at once, as in Docker. */
public final class RemovedServices implements ControlLoop {
    @Override
    public void settle(Turn turn, Changed changed) {
        if (changed.everything()) {
            List<Task> orphans = turn.state().tasks().stream()
                    .filter(task -> task.serviceId() != null
                            && turn.state().service(task.serviceId()).isEmpty())
                    .toList();
            remove(turn, orphans);
        }
        for (String id : new TreeSet<>(changed.of(ObjectKind.SERVICE))) {
            if (turn.state().service(id).isEmpty()) {
                remove(turn, List.copyOf(turn.state().tasksOfService(id)));
            }
        }
    }

    private static void remove(Turn turn, List<Task> tasks) {
        tasks.stream().sorted(Slot.OLDEST_FIRST).forEach(task -> TaskChanges.desire(turn, task, TaskState.REMOVE));
    }
}
