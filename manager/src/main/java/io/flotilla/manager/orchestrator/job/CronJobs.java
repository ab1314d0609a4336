package io.flotilla.manager.orchestrator.job;

import io.flotilla.bus.schema.CronStatus;
import io.flotilla.bus.schema.CronStatus.Decision;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.manager.orchestrator.Deadlines;
import io.flotilla.manager.orchestrator.JobIterations;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.cron.CronInvalid;
import io.flotilla.manager.orchestrator.cron.CronRules;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Executes jobs at the times of their schedules. Each time is decided on once, and the decision is of the state: a new leader
 * goes on with the next time, so that none is lost within the window for missed ones and none is executed twice.
 */
public final class CronJobs implements ControlLoop {
    private final Deadlines<String> due = new Deadlines<>();

    @Override
    public Optional<Instant> wakeAt() {
        return due.next();
    }

    @Override
    public void settle(Turn turn, Changed changed) {
        Set<String> services = new TreeSet<>(changed.of(ObjectKind.SERVICE));
        if (changed.everything()) {
            turn.state().services().forEach(service -> services.add(service.id()));
        }
        for (String id : changed.of(ObjectKind.TASK)) {
            turn.state()
                    .task(id)
                    .filter(task -> task.jobIteration() != null)
                    .map(Task::serviceId)
                    .ifPresent(services::add);
        }
        services.addAll(due.takeDue(turn.now()));
        services.forEach(id -> look(turn, id));
    }

    private void look(Turn turn, String id) {
        due.cancel(id);
        Service job = turn.state().service(id).orElse(null);
        CronRules rules = job == null ? null : rules(job);
        if (job == null || rules == null) {
            if (job != null && job.cronStatus() != null) {
                turn.put(job.withCronStatus(null).withUpdatedAt(turn.now()));
            }
            return;
        }
        Service now = decide(turn, job, rules);
        turn.put(now);
        CronStatus status = now.cronStatus();
        if (status != null && status.next() != null) {
            due.set(id, status.next());
        }
    }

    private static @Nullable CronRules rules(Service job) {
        try {
            return CronRules.of(job.spec()).orElse(null);
        } catch (CronInvalid e) {
            // the command refuses it: only a manager of another version, or with other time zones, can have taken it
            return null;
        }
    }

    private static Service decide(Turn turn, Service job, CronRules rules) {
        CronStatus known = job.cronStatus();
        Instant now = turn.now();
        if (known == null
                || !known.schedule().equals(rules.text())
                || !known.zone().equals(rules.zone())) {
            return job.withUpdatedAt(now)
                    .withCronStatus(new CronStatus(
                            rules.text(),
                            rules.zone(),
                            null,
                            null,
                            rules.next(now).orElse(null)));
        }
        if (known.next() != null && !known.next().isAfter(now)) {
            return decide(turn, job, rules, known, known.next());
        }
        boolean waits = known.lastDecision() == Decision.QUEUED && !isUnderWay(turn, job);
        return waits ? executed(turn, job, known.withLastDecision(Decision.STARTED)) : job;
    }

    private static Service decide(Turn turn, Service job, CronRules rules, CronStatus known, Instant first) {
        Instant now = turn.now();
        Optional<Instant> latest = rules.latest(first, now);
        CronStatus next = known.withNext(rules.next(now).orElse(null)).withLastDue(latest.orElse(first));
        if (latest.isEmpty()) {
            return job.withUpdatedAt(now).withCronStatus(next.withLastDecision(Decision.MISSED));
        }
        if (rules.overlap() == CronRules.Overlap.REPLACE || !isUnderWay(turn, job)) {
            return executed(turn, job, next.withLastDecision(Decision.STARTED));
        }
        Decision decision = rules.overlap() == CronRules.Overlap.QUEUE ? Decision.QUEUED : Decision.SKIPPED;
        return job.withUpdatedAt(now).withCronStatus(next.withLastDecision(decision));
    }

    private static Service executed(Turn turn, Service job, CronStatus status) {
        return job.withUpdatedAt(turn.now())
                .withCronStatus(status)
                .withJobStatus(JobIterations.next(job.jobStatus(), turn.now()));
    }

    private static boolean isUnderWay(Turn turn, Service job) {
        return turn.state().tasksOfService(job.id()).stream()
                .anyMatch(task -> Slot.isLive(task) && JobIterations.isPresent(job, task));
    }
}
