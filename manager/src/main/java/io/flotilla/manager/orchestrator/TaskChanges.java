package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatusBuilder;
import io.flotilla.manager.state.Turn;
import io.flotilla.manager.state.VolumeUses;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The changes orchestrators make to tasks. */
public final class TaskChanges {
    private TaskChanges() {}

    /**
     * Puts a new task of the service's present revision into a slot.
     *
     * @param desired RUNNING, of a job COMPLETE; or READY for one that is to be prepared but to wait for its predecessor
     *     or a delay
     */
    public static Task create(Turn turn, Service service, SlotKey slot, TaskState desired) {
        Task task = fresh(turn, service, slot).desiredState(desired).build();
        turn.put(task);
        return task;
    }

    /** Puts a new task of the service's present revision, wanted RUNNING, into a numbered slot on a given node. */
    public static void createOn(Turn turn, Service service, SlotKey slot, String nodeId, Map<String, String> labels) {
        turn.put(fresh(turn, service, slot)
                .nodeId(nodeId)
                .labels(labels)
                .desiredState(TaskState.RUNNING)
                .build());
    }

    private static TaskBuilder fresh(Turn turn, Service service, SlotKey slot) {
        return TaskBuilder.builder()
                .id(turn.newId())
                .version(new ObjectVersion(0))
                .createdAt(turn.now())
                .updatedAt(turn.now())
                .specVersion(service.specVersion())
                .serviceId(service.id())
                .slot(slot.isGlobal() ? null : slot.number())
                .nodeId(slot.isGlobal() ? slot.nodeId() : null)
                .status(TaskStatusBuilder.builder()
                        .timestamp(turn.now())
                        .state(TaskState.NEW)
                        .message("created")
                        .build())
                .jobIteration(JobIterations.mark(service));
    }

    /** Has a task that was prepared run: that of a job until it completes. */
    public static void start(Turn turn, Task task) {
        desire(turn, task, task.jobIteration() == null ? TaskState.RUNNING : TaskState.COMPLETE);
    }

    /** Raises the desired state; one that is further already stays. */
    public static void desire(Turn turn, Task task, TaskState desired) {
        if (task.desiredState().compareTo(desired) < 0) {
            turn.put(task.withDesiredState(desired).withUpdatedAt(turn.now()));
        }
    }

    /** Gives up a task that may be up: its node is told to stop it, and until it has, the task's volumes are in use. */
    public static void reject(Turn turn, Task task, String by, String err) {
        give(turn, VolumeUses.upThoughRejected(task), TaskState.REJECTED, "task rejected by " + by, err);
    }

    /** Raises the observed state of a task its node can't speak for. */
    public static void give(Turn turn, Task task, TaskState state, String message, @Nullable String err) {
        turn.put(task.withStatus(task.status()
                        .withState(state)
                        .withMessage(message)
                        .withErr(err)
                        .withTimestamp(turn.now()))
                .withUpdatedAt(turn.now()));
    }
}
