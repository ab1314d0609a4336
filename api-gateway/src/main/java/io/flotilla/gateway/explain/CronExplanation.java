package io.flotilla.gateway.explain;

import io.flotilla.bus.schema.CronStatus;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.TaskNames;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What a job's schedule did last and does next, and why it did not execute the job. */
final class CronExplanation {
    /** Labels of the service, as its schedule reads them. */
    private static final String OVERLAP = "flotilla.cron.overlap";

    private static final String MISSED = "flotilla.cron.missed";

    private final ClusterImage image;
    private final Service job;
    private final CronStatus cron;
    private final List<Task> ofIteration;

    private CronExplanation(ClusterImage image, Service job, CronStatus cron, List<Task> ofIteration) {
        this.image = image;
        this.job = job;
        this.cron = cron;
        this.ofIteration = ofIteration;
    }

    /** @param ofIteration tasks of the job's last execution; empty for a service without a schedule */
    static Optional<CronExplanation> of(ClusterImage image, Service job, List<Task> ofIteration) {
        return Optional.ofNullable(job.cronStatus()).map(cron -> new CronExplanation(image, job, cron, ofIteration));
    }

    /** Of what is wanted. */
    String schedule() {
        return ", each time of the schedule \"" + cron.schedule() + "\" in " + cron.zone();
    }

    void write(Explanation.Draft draft) {
        Instant began = job.jobStatus() == null ? null : job.jobStatus().lastExecution();
        draft.detail(
                began == null
                        ? "not executed yet"
                        : "executed last at " + Phrases.at(began) + ": " + Phrases.states(ofIteration));
        Instant due = cron.lastDue();
        if (due != null) {
            lastTime(draft, "execution due at " + Phrases.at(due));
        }
        draft.next(
                cron.next() == null
                        ? "never by itself: the schedule has no further time; docker service update --force executes it"
                        : "next execution at " + Phrases.at(cron.next()));
    }

    private void lastTime(Explanation.Draft draft, String time) {
        switch (cron.lastDecision()) {
            case SKIPPED -> {
                draft.reason(time + " skipped: the one before was under way");
                draft.next("to wait for the one before or to end it, label " + OVERLAP + "=queue or replace");
            }
            case MISSED -> {
                draft.reason(time + " missed: no manager was there within "
                        + Objects.requireNonNullElse(job.spec().labels().get(MISSED), "1h"));
                draft.next(
                        "docker service update --force executes it now; label " + MISSED + " says how late it may be");
            }
            case QUEUED -> draft.detail(time + " queued: it begins when the one before is over");
            case STARTED -> draft.happened(cron.lastDue(), time + " started");
            case null -> {}
        }
        ofIteration.stream()
                .filter(task -> Successor.endedByItself(task) && !isMadeGood(task))
                .forEach(task -> draft.reason("the last execution lacks " + TaskNames.instance(image, task) + ": "
                        + Phrases.lower(task.state()) + ", " + Phrases.why(task)));
    }

    /** Whether it is done, or another task did it or is at it. */
    private boolean isMadeGood(Task task) {
        return ofIteration.stream()
                .filter(other -> Objects.equals(other.slot(), task.slot())
                        && (other.slot() != null || Objects.equals(other.nodeId(), task.nodeId())))
                .anyMatch(other -> other.state() == TaskState.COMPLETE || Successor.isLive(other));
    }
}
