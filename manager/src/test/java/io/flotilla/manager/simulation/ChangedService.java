package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.CronStatus;
import io.flotilla.bus.schema.JobStatus;
import io.flotilla.bus.schema.ScaleDecision;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.cron.CronRules;
import io.flotilla.manager.state.ClusterState;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of a service after an entry: each time of its schedule is decided on once, and as the schedule says; it is
 * scaled within its bounds, and not again before it had time to answer.
 */
final class ChangedService {
    private final ClusterState before;
    private final ClusterState after;
    private final Instant time;
    private final @Nullable Service was;
    private final Service is;
    private final Invariants invariants;

    /** @param time of the entry */
    ChangedService(
            ClusterState before,
            ClusterState after,
            Instant time,
            @Nullable Service was,
            Service is,
            Invariants invariants) {
        this.before = before;
        this.after = after;
        this.time = time;
        this.was = was;
        this.is = is;
        this.invariants = invariants;
    }

    private static final Map<UpdateStatus.State, String> END = Map.of(
            UpdateStatus.State.COMPLETED, "completed",
            UpdateStatus.State.PAUSED, "paused",
            UpdateStatus.State.ROLLBACK_COMPLETED, "rolled back",
            UpdateStatus.State.ROLLBACK_PAUSED, "rolled back in part");

    private static boolean isEnd(Service service) {
        return service.updateStatus() != null
                && END.containsKey(service.updateStatus().state());
    }

    private void fail(String what) {
        invariants.fail(what, null);
    }

    void check() {
        if (CronRules.has(is.spec())) {
            decidedInTime();
            CronStatus known = was == null ? null : was.cronStatus();
            if (known != null && was != null && CronRules.has(was.spec())) {
                decidedOnce(was, known, Objects.requireNonNull(is.cronStatus()));
            }
        }
        if (was != null && was.updateStatus() != null && is.updateStatus() != null && !isEnd(was) && isEnd(is)) {
            invariants.tally.saw("updates " + END.get(is.updateStatus().state()));
        }
        ScaleDecision decision = is.scaleDecision();
        if (was != null && decision != null && !decision.equals(was.scaleDecision())) {
            scaled(was, decision);
        }
    }

    /** After every entry, whatever it is of: what is due has been decided on. */
    void decidedInTime() {
        CronStatus status = is.cronStatus();
        if (CronRules.has(is.spec())
                && (status == null || status.next() == null || !status.next().isAfter(time))) {
            fail("job " + is.id() + " was not decided on at " + time + ": " + status);
        }
    }

    /** The simulated schedules come each minute. */
    private void decidedOnce(Service old, CronStatus known, CronStatus now) {
        long executions = iteration(is) - iteration(old);
        boolean queuedBegan =
                known.lastDecision() == CronStatus.Decision.QUEUED && now.lastDecision() == CronStatus.Decision.STARTED;
        if (Objects.equals(known.lastDue(), now.lastDue())) {
            if (!Objects.equals(known.next(), now.next()) || executions != (queuedBegan ? 1 : 0)) {
                fail("job " + is.id() + " was executed " + executions + " times between its times: " + known + ", "
                        + now);
            }
            return;
        }
        invariants.tally.saw("executions " + String.valueOf(now.lastDecision()).toLowerCase(Locale.ROOT));
        Instant minute = time.truncatedTo(ChronoUnit.MINUTES);
        boolean late = minute.isBefore(time.minus(Extras.MISSED));
        Instant due = late ? known.next() : minute;
        boolean decided = Objects.equals(now.lastDue(), due)
                && Objects.equals(now.next(), minute.plus(Duration.ofMinutes(1)))
                && (known.lastDue() == null || known.lastDue().isBefore(due))
                && late == (now.lastDecision() == CronStatus.Decision.MISSED);
        if (!decided || executions != (now.lastDecision() == CronStatus.Decision.STARTED ? 1 : 0)) {
            fail("job " + is.id() + " was executed " + executions + " times at " + time + ": " + known + " became "
                    + now);
        }
        String overlap = is.spec().labels().get(CronRules.OVERLAP);
        if (executions > 0 && !"replace".equals(overlap) && is.spec().equals(old.spec())) {
            after.tasksOfService(is.id()).stream()
                    .filter(task -> Objects.equals(task.jobIteration(), jobIteration(old)) && isUnderWay(task))
                    .forEach(task -> fail("job " + is.id() + " is executed while task " + task.id() + " is under way"));
        }
    }

    private boolean isUnderWay(Task task) {
        return before.task(task.id()).filter(Slot::isLive).isPresent()
                && task.state().compareTo(TaskState.RUNNING) <= 0
                && !NodeValidity.isInvalid(after, task.nodeId());
    }

    private static long iteration(Service job) {
        return Optional.ofNullable(jobIteration(job))
                .map(version -> version.index())
                .orElse(-1L);
    }

    private static io.flotilla.bus.schema.@Nullable ObjectVersion jobIteration(Service job) {
        return Optional.ofNullable(job.jobStatus()).map(JobStatus::jobIteration).orElse(null);
    }

    private static String scaledBy(ScaleDecision decision) {
        return Stream.of("CPU", "memory", "connections")
                .filter(decision.reason()::contains)
                .findFirst()
                .orElse("bounds");
    }

    private void scaled(Service old, ScaleDecision decision) {
        invariants.tally.saw("scalings by " + scaledBy(decision));
        long from = decision.fromReplicas();
        long to = decision.toReplicas();
        boolean outside = from < Extras.MIN_REPLICAS || from > Extras.MAX_REPLICAS;
        boolean gentle = to <= 2 * from && to >= from / 2;
        boolean waited =
                !old.updatedAt().plus(Extras.COOLDOWN).isAfter(time) && !Convergence.isUpdating(old.updateStatus());
        if (to < Extras.MIN_REPLICAS
                || to > Extras.MAX_REPLICAS
                || to != ServiceModes.replicas(is)
                || !outside && !(gentle && waited)) {
            fail("service " + is.id() + ", last changed at " + old.updatedAt() + ", was scaled: " + decision);
        }
    }
}
