package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.ClusterState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A task's restart policy. How often a slot was restarted is read off its remembered tasks, of which the reaper keeps
 * enough, so that a new leader counts on where the old one stopped.
 */
public final class RestartRules {
    private static final Duration DEFAULT_DELAY = Duration.ofSeconds(5);

    private RestartRules() {}

    /** Whether a task that ended is to have a successor in its slot. */
    public static boolean shouldRestart(ClusterState state, Slot slot, Task task) {
        Optional<ServiceRestartPolicy> policy = policyOf(state, task);
        long maxAttempts = maxAttempts(state, task);
        return isWanted(policy, task) && (maxAttempts == 0 || restarts(slot, task, window(policy)) < maxAttempts);
    }

    /** Whether a task whose node can't be used any more is to have a successor elsewhere: that is no attempt. */
    public static boolean shouldMove(ClusterState state, Task task) {
        return isWanted(policyOf(state, task), task);
    }

    // a job that completed is done: "any" is for it what "on-failure" is, as in SwarmKit
    private static boolean isWanted(Optional<ServiceRestartPolicy> policy, Task task) {
        return switch (policy.map(ServiceRestartPolicy::condition).orElse(ServiceRestartPolicy.Condition.ANY)) {
            case ANY -> task.jobIteration() == null || task.state() != TaskState.COMPLETE;
            case ON_FAILURE -> task.state() != TaskState.COMPLETE;
            case NONE -> false;
        };
    }

    /** How long a successor waits before it is started. */
    public static Duration delay(ClusterState state, Task ended) {
        return policyOf(state, ended)
                .map(ServiceRestartPolicy::delay)
                .map(Duration::ofNanos)
                .orElse(DEFAULT_DELAY);
    }

    /** How many times in all a task may be restarted; 0: no limit. */
    public static long maxAttempts(ClusterState state, Task task) {
        return policyOf(state, task).map(ServiceRestartPolicy::maxAttempts).orElse(0L);
    }

    /**
     * The tasks of a slot an update has to consider: those that are live, or else a last one that ended for good and would
     * run the old spec for ever in users' eyes. None: the slot is not filled. A rollback leaves those that ended alone
     * and fills their slots anew, so that it always ends with a service that runs.
     */
    public static List<Task> updatable(ClusterState state, Slot slot) {
        List<Task> live = slot.live();
        if (!live.isEmpty()
                || state.service(slot.serviceId())
                        .filter(UpdatePhase::isRollingBack)
                        .isPresent()) {
            return live;
        }
        return slot.newest()
                .filter(task -> task.desiredState() != TaskState.REMOVE)
                .filter(task -> !shouldRestart(state, slot, task))
                .map(List::of)
                .orElse(List.of());
    }

    // each older task of the same revision that ended by itself was restarted
    private static long restarts(Slot slot, Task task, Duration window) {
        Instant lookback = window.isZero() ? Instant.MIN : endOf(task).minus(window);
        return slot.tasks().stream()
                .filter(other -> Slot.OLDEST_FIRST.compare(other, task) < 0)
                .filter(other -> Objects.equals(other.specVersion(), task.specVersion()))
                .filter(other -> Objects.equals(other.jobIteration(), task.jobIteration()))
                .filter(other -> Slot.endedByItself(other) && !endOf(other).isBefore(lookback))
                .count();
    }

    private static Instant endOf(Task task) {
        return Objects.requireNonNullElse(task.status().timestamp(), task.updatedAt());
    }

    private static Duration window(Optional<ServiceRestartPolicy> policy) {
        return policy.map(ServiceRestartPolicy::window).map(Duration::ofNanos).orElse(Duration.ZERO);
    }

    private static Optional<ServiceRestartPolicy> policyOf(ClusterState state, Task task) {
        if (task.serviceId() == null || task.specVersion() == null) {
            return Optional.empty();
        }
        return state.revision(task.serviceId(), task.specVersion())
                .map(SpecRevision::spec)
                .map(spec -> spec.restartPolicy());
    }
}
