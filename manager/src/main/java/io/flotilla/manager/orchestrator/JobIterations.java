package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.JobStatus;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.cron.CronRules;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The executions of a job, counted from 0 as SwarmKit counts them. A task belongs to the execution it was made for; only
 * those of the present one count.
 */
public final class JobIterations {
    private JobIterations() {}

    /** The status a new service begins with: a job's first execution begins with it unless it has a schedule. */
    static @Nullable JobStatus created(ServiceSpec spec, Instant now) {
        return ServiceModes.isJob(spec) ? new JobStatus(new ObjectVersion(0), CronRules.has(spec) ? null : now) : null;
    }

    /** The status a service has with another spec, which executes a job anew; with a schedule only a forced update does. */
    static @Nullable JobStatus updated(Service old, ServiceSpec spec, Instant now) {
        if (!ServiceModes.isJob(spec)) {
            return null;
        }
        boolean waits = CronRules.has(spec) && forced(old.spec()) == forced(spec);
        return waits ? old.jobStatus() : next(old.jobStatus(), now);
    }

    /** The status of a job that begins once more. */
    public static JobStatus next(@Nullable JobStatus before, Instant now) {
        return new JobStatus(new ObjectVersion(before == null ? 0 : number(before) + 1), now);
    }

    private static long forced(ServiceSpec spec) {
        TaskSpec template = spec.taskTemplate();
        return template == null ? 0 : Objects.requireNonNullElse(template.forceUpdate(), 0L);
    }

    /** When the present execution began; empty before the first, and for a service that is no job. */
    public static Optional<Instant> began(Service service) {
        return Optional.ofNullable(service.jobStatus()).map(JobStatus::lastExecution);
    }

    /** What a task made now is marked with; null for a service that is no job. */
    static @Nullable ObjectVersion mark(Service service) {
        JobStatus status = service.jobStatus();
        return status == null ? null : new ObjectVersion(number(status));
    }

    /** Whether a task was made for the service's present execution. */
    public static boolean isPresent(Service service, Task task) {
        return Objects.equals(mark(service), task.jobIteration());
    }

    /** Whether a task is one of the completions that were asked for. */
    public static boolean isCompletion(Service service, Task task) {
        return service.jobStatus() != null && isPresent(service, task) && task.state() == TaskState.COMPLETE;
    }

    /** The execution a task was made for; 0 for one of no job. */
    static long number(Task task) {
        return task.jobIteration() == null ? 0 : task.jobIteration().index();
    }

    static long number(JobStatus status) {
        return status.jobIteration() == null ? 0 : status.jobIteration().index();
    }
}
