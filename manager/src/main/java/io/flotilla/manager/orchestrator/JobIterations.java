package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.JobStatus;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
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

    /** The status of a job that begins for the first time. */
    public static JobStatus first(Instant now) {
        return new JobStatus(new ObjectVersion(0), now);
    }

    /** The status of a job that begins once more. */
    public static JobStatus next(@Nullable JobStatus before, Instant now) {
        return before == null ? first(now) : new JobStatus(new ObjectVersion(number(before) + 1), now);
    }

    /** When the present execution began; empty for a service that is no job. */
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

    private static long number(JobStatus status) {
        return status.jobIteration() == null ? 0 : status.jobIteration().index();
    }
}
