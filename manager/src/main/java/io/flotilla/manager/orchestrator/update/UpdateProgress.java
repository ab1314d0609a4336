package io.flotilla.manager.orchestrator.update;

import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotKey;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What one update saw of its new tasks and the state does not remember: since when each ran, and which failed though they
 * may be forgotten by now or still wait for a node. A leader that takes an update over takes a task that is over already
 * to have run since it was made.
 */
final class UpdateProgress {
    private final Instant startedAt;
    private final Map<String, Instant> runningSince = new HashMap<>();
    private final Map<SlotKey, Instant> firstUp = new HashMap<>();
    private final Set<String> failed = new LinkedHashSet<>();

    UpdateProgress(Instant startedAt) {
        this.startedAt = startedAt;
    }

    boolean isOf(Instant otherStart) {
        return startedAt.equals(otherStart);
    }

    /** Takes note of a new task as it is when this leader comes to the update. */
    void found(Task task) {
        if (Slot.isOver(task)) {
            runningSince.put(task.id(), task.createdAt());
        }
    }

    /** @return whether the task is a failure not seen before: it ended within the time it is monitored, or never ran */
    boolean observe(Task task, Duration monitor) {
        Instant at = changedAt(task);
        if (task.state() == TaskState.RUNNING) {
            runningSince.putIfAbsent(task.id(), at);
            return false;
        }
        if (!Slot.endedByItself(task)) {
            return false;
        }
        Instant since = runningSince.get(task.id());
        boolean early = since == null || !at.isAfter(since.plus(monitor));
        return early && failed.add(task.id());
    }

    /** @return whether the task counts as a failure from now on: no node took it for as long as an update is patient */
    boolean givesUp(Task task, UpdateRules rules, Instant now) {
        return rules.givesUp(task, now) && failed.add(task.id());
    }

    /** When {@link #givesUp} comes true though nothing changes. */
    Optional<Instant> givesUpAt(Task task, UpdateRules rules) {
        return UpdateRules.waitsForANode(task) && !hasFailed(task)
                ? Optional.of(rules.givesUpAt(task))
                : Optional.empty();
    }

    boolean hasFailed(Task task) {
        return failed.contains(task.id());
    }

    int failures() {
        return failed.size();
    }

    /**
     * When the first new task of a slot came as far as to run, or was over. It stays so though that task may be forgotten
     * while the slot goes on trying.
     *
     * @param task the first that is remembered; it runs or is over
     */
    Instant cameUp(SlotKey slot, Task task) {
        Instant since = runningSince.get(task.id());
        return firstUp.computeIfAbsent(slot, key -> since == null ? changedAt(task) : since);
    }

    // by the managers' time: a node whose clock is wrong would make an update go slower, or not be monitored at all
    private static Instant changedAt(Task task) {
        return task.updatedAt();
    }
}
