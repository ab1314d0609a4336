package io.flotilla.manager.orchestrator.update;

import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateConfig;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.UpdatePhase;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * How an update, or a rollback, of a service goes: its configuration with Docker's defaults.
 *
 * @param parallelism slots at a time
 * @param delay between one slot's new task running and the next slot's turn
 * @param monitor how long a new task must run not to count as failed
 * @param maxFailureRatio of the updated slots that may fail without consequence
 * @param patientFrom what waited before the update began is waited for anew, as it makes room; long ago when none is under way
 */
record UpdateRules(
        long parallelism,
        Duration delay,
        UpdateConfig.FailureAction failureAction,
        Duration monitor,
        double maxFailureRatio,
        boolean startFirst,
        Instant patientFrom) {
    private static final Duration DEFAULT_MONITOR = Duration.ofSeconds(5);

    /** SwarmKit waits for ever: an update to what fits nowhere would never end, and nobody be told why. */
    private static final Duration LEAST_PATIENCE = Duration.ofMinutes(10);

    /** SwarmKit's defaults for a service that configures nothing; a configuration without a parallelism means all at once. */
    static UpdateRules of(Service service) {
        UpdateConfig config = UpdatePhase.isRollingBack(service)
                ? service.spec().rollbackConfig()
                : service.spec().updateConfig();
        Optional<UpdateConfig> configured = Optional.ofNullable(config);
        long parallelism = config == null ? 1 : Objects.requireNonNullElse(config.parallelism(), 0L);
        return new UpdateRules(
                parallelism == 0 ? Long.MAX_VALUE : parallelism,
                configured.map(UpdateConfig::delay).map(Duration::ofNanos).orElse(Duration.ZERO),
                configured.map(UpdateConfig::failureAction).orElse(UpdateConfig.FailureAction.PAUSE),
                configured
                        .map(UpdateConfig::monitor)
                        .filter(nanos -> nanos != 0)
                        .map(Duration::ofNanos)
                        .orElse(DEFAULT_MONITOR),
                configured.map(UpdateConfig::maxFailureRatio).orElse(0.0),
                configured.map(UpdateConfig::order).orElse(UpdateConfig.Order.STOP_FIRST)
                        == UpdateConfig.Order.START_FIRST,
                Optional.ofNullable(service.updateStatus())
                        .filter(status -> UpdatePhase.isUnderWay(service))
                        .map(UpdateStatus::startedAt)
                        .orElse(Instant.EPOCH));
    }

    /** How long a new task may wait for a node before it counts as failed. */
    Duration patience() {
        return monitor.compareTo(LEAST_PATIENCE) > 0 ? monitor : LEAST_PATIENCE;
    }

    /** Whether a new task waits for a node longer than an update is patient: it counts as failed, and its slot as tried. */
    boolean givesUp(Task task, Instant now) {
        return waitsForANode(task) && !now.isBefore(givesUpAt(task));
    }

    Instant givesUpAt(Task task) {
        Instant from = task.createdAt().isBefore(patientFrom) ? patientFrom : task.createdAt();
        return from.plus(patience());
    }

    static boolean waitsForANode(Task task) {
        return Slot.isLive(task) && task.state().compareTo(TaskState.ASSIGNED) < 0;
    }
}
