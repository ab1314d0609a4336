package io.flotilla.manager.orchestrator.reaper;

import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.JobIterations;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.orchestrator.RestartRules;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotsTouched;
import io.flotilla.manager.orchestrator.UpdatePhase;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import io.flotilla.manager.state.VolumeUses;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Removes tasks that are wanted gone once their node is done with them, and of every slot the oldest tasks beyond the
 * swarm's task history limit, which counts the running task too, as SwarmKit does. It keeps more where the tasks are still
 * needed to know something: the completions of a job, as many as a limit of restart attempts counts, the one a successor waits for, and while an
 * update goes on what it replaced.
 */
public final class TaskReaper implements ControlLoop {
    private static final long DEFAULT_RETENTION = 5;

    @Override
    public void settle(Turn turn, Changed changed) {
        boolean all = changed.everything() || !changed.of(ObjectKind.CLUSTER).isEmpty();
        SlotsTouched touched = SlotsTouched.by(turn.state(), all ? Changed.all() : changed);
        long retention = retention(turn.state());
        touched.byService().forEach((serviceId, keys) -> Slot.of(turn.state(), serviceId, keys)
                .forEach(slot -> reap(turn, slot, retention)));
    }

    private static void reap(Turn turn, Slot slot, long retention) {
        ClusterState state = turn.state();
        List<Task> kept =
                slot.tasks().stream().filter(task -> !isDoneWith(state, task)).toList();
        slot.tasks().stream()
                .filter(task -> isDoneWith(state, task))
                .forEach(task -> turn.remove(ObjectKind.TASK, task.id()));
        long surplus = kept.size() - Math.max(retention, neededBeside(state, slot));
        Task awaited = predecessorOfWaiting(kept);
        // that it ended for good, or was tried at all in a job, shows in the newest alone: the slot would be filled
        // again
        Task newest = kept.isEmpty() ? null : kept.getLast();
        kept.stream()
                .filter(task -> Slot.isOver(task) || Slot.willNeverRun(task))
                .filter(task -> !Slot.isLive(task) && task != awaited && task != newest && !isCompletion(state, task))
                .filter(task -> !VolumeUses.isLive(state, task))
                .limit(Math.max(0, surplus))
                .forEach(task -> turn.remove(ObjectKind.TASK, task.id()));
    }

    private static boolean isDoneWith(ClusterState state, Task task) {
        return task.desiredState() == TaskState.REMOVE
                && (Slot.isOver(task) && !VolumeUses.isLive(state, task)
                        || Slot.willNeverRun(task)
                        || NodeValidity.isGoneOrDown(state, task.nodeId()));
    }

    private static boolean isCompletion(ClusterState state, Task task) {
        return Optional.ofNullable(task.serviceId())
                .flatMap(state::service)
                .filter(service -> JobIterations.isCompletion(service, task))
                .isPresent();
    }

    /** How many tasks of the slot, the live one included, something is still to be read from. */
    private static long neededBeside(ClusterState state, Slot slot) {
        long forRestarts = slot.newest()
                .map(task -> RestartRules.maxAttempts(state, task))
                .filter(attempts -> attempts > 0)
                .map(attempts -> attempts + 1)
                .orElse(0L);
        boolean updating =
                state.service(slot.serviceId()).filter(UpdatePhase::isUnderWay).isPresent();
        // beside an old task that stays until a new one runs: that one had been tried
        boolean replacing = slot.live().size() > 1;
        return Math.max(forRestarts, replacing ? 3 : updating ? 2 : 0);
    }

    /** The task whose end a successor's delay counts from. */
    private static @Nullable Task predecessorOfWaiting(List<Task> tasks) {
        Task predecessor = null;
        for (Task task : tasks) {
            if (task.desiredState() == TaskState.READY) {
                return predecessor;
            }
            predecessor = task;
        }
        return null;
    }

    private static long retention(ClusterState state) {
        return state.cluster()
                .map(Cluster::spec)
                .map(spec -> spec.orchestration())
                .map(orchestration -> orchestration.taskHistoryRetentionLimit())
                .map(limit -> Objects.requireNonNullElse(limit, DEFAULT_RETENTION))
                .orElse(DEFAULT_RETENTION);
    }
}
