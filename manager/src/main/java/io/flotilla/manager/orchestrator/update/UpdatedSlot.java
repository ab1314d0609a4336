package io.flotilla.manager.orchestrator.update;

import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.orchestrator.RestartRules;
import io.flotilla.manager.orchestrator.RevisionComparison;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.state.ClusterState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A slot as an update sees it.
 *
 * @param outdated what is to be replaced
 * @param clean live tasks that are not
 * @param made by the update: tasks of the new revision in a slot that had one of another revision, oldest first. A task that
 *     an earlier revision of the same content left on its way counts as made while something outdated stays for it: a
 *     rollback makes no second one, and would else wait for it for ever
 * @param tried whether a task of the new revision ended here by itself, or no node takes it: the slot has had its turn, and
 *     what runs of the old revision stays until a new task does too
 */
record UpdatedSlot(Slot slot, List<Task> outdated, List<Task> clean, List<Task> made, boolean tried) {
    static UpdatedSlot of(
            ClusterState state,
            Slot slot,
            RevisionComparison revisions,
            Predicate<Task> givenUp,
            long version,
            Instant startedAt) {
        List<Task> updatable = RestartRules.updatable(state, slot);
        List<Task> outdated = updatable.stream().filter(revisions::isOutdated).toList();
        boolean hadOther = slot.tasks().stream().anyMatch(task -> !Objects.equals(task.specVersion(), version));
        List<Task> made = slot.tasks().stream()
                .filter(task -> hadOther
                                && Objects.equals(task.specVersion(), version)
                                && !task.createdAt().isBefore(startedAt)
                        || !outdated.isEmpty() && Slot.isLive(task) && !isUp(task) && !revisions.isOutdated(task))
                .toList();
        return new UpdatedSlot(
                slot,
                outdated,
                updatable.stream()
                        .filter(task -> Slot.isLive(task) && !revisions.isOutdated(task))
                        .toList(),
                made,
                slot.tasks().stream()
                        .anyMatch(task -> Objects.equals(task.specVersion(), version) && Slot.endedByItself(task)
                                || !revisions.isOutdated(task) && givenUp.test(task)));
    }

    boolean isOutdated() {
        return !outdated.isEmpty() && (!tried || replacementRuns());
    }

    /** Whether the new task runs at last in a slot that has had its turn. */
    boolean isReplacedLate() {
        return !outdated.isEmpty() && tried && replacementRuns();
    }

    boolean isPartOfUpdate() {
        return isOutdated() || !made.isEmpty();
    }

    /** Whether a clean task is there and no more has to be made. */
    boolean hasReplacement() {
        return !clean.isEmpty();
    }

    boolean replacementRuns() {
        return clean.stream().anyMatch(task -> task.state() == TaskState.RUNNING);
    }

    /** What serves until the replacement does. */
    Optional<Task> runningOutdated() {
        return outdated.stream()
                .filter(task -> Slot.isLive(task) && task.state() == TaskState.RUNNING)
                .findFirst();
    }

    /** The first task the update made here, unless it was given up before it came up. */
    private Optional<Task> first(ClusterState state) {
        return made.stream()
                .findFirst()
                .filter(task -> isUp(task)
                        || Slot.isLive(task)
                        || !Slot.willNeverRun(task) && !NodeValidity.isGoneOrDown(state, task.nodeId()));
    }

    /** Whether its new task is on the way. */
    boolean isComingUp(ClusterState state, UpdateProgress progress) {
        return first(state)
                .filter(task -> !isUp(task) && !progress.hasFailed(task))
                .isPresent();
    }

    /** When the next slot may have its turn in place of this one. */
    Optional<Instant> freeAt(ClusterState state, UpdateProgress progress, Duration delay) {
        return first(state).filter(UpdatedSlot::isUp).map(task -> progress.cameUp(slot.key(), task)
                .plus(delay));
    }

    private static boolean isUp(Task task) {
        return task.state().compareTo(TaskState.RUNNING) >= 0;
    }
}
