package io.flotilla.manager.orchestrator.job;

import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.JobIterations;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.Turn;
import java.util.stream.Stream;

/** What a slot of a job has come to in the present execution, whose tasks alone count. */
final class JobSlots {
    private JobSlots() {}

    static boolean isDone(Service service, Slot slot) {
        return slot.tasks().stream().anyMatch(task -> JobIterations.isCompletion(service, task));
    }

    static boolean isUnderWay(Service service, Slot slot) {
        return present(service, slot).anyMatch(Slot::isLive);
    }

    /** Nothing was tried yet. */
    static boolean isVacant(Service service, Slot slot) {
        return present(service, slot).findAny().isEmpty();
    }

    /** Something of an earlier execution still runs: the next one waits for its end, so that a slot never runs twice. */
    static boolean isStopping(ClusterState state, Slot slot) {
        return slot.tasks().stream()
                .anyMatch(task -> !Slot.isOver(task)
                        && !Slot.willNeverRun(task)
                        && !NodeValidity.isGoneOrDown(state, task.nodeId()));
    }

    /** What runs of earlier executions is removed, as SwarmKit does; what ended stays as history. */
    static void endEarlierExecutions(Turn turn, Service service, Slot slot) {
        slot.live().stream()
                .filter(task -> !JobIterations.isPresent(service, task))
                .forEach(task ->
                        TaskChanges.desire(turn, task, Slot.isOver(task) ? TaskState.SHUTDOWN : TaskState.REMOVE));
    }

    /** A task on a node that was away may turn out to have completed: the one that took its place is not needed. */
    static void stopRivals(Turn turn, Service service, Slot slot) {
        present(service, slot).filter(Slot::isLive).forEach(task -> TaskChanges.desire(turn, task, TaskState.SHUTDOWN));
    }

    /** Nothing of a slot is to stay that the job has no more. */
    static void forget(Turn turn, Slot slot) {
        slot.tasks().forEach(task -> TaskChanges.desire(turn, task, TaskState.REMOVE));
    }

    private static Stream<Task> present(Service service, Slot slot) {
        return slot.tasks().stream().filter(task -> JobIterations.isPresent(service, task));
    }
}
