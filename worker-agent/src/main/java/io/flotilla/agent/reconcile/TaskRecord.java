package io.flotilla.agent.reconcile;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.bus.schema.TaskStatusBuilder;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * All this node knows of one task: what is wanted of it and how far it has come. Journaled whole after each step.
 *
 * @param index Raft index the assignment follows from; older ones are not taken any more
 * @param withdrawn the assignment was taken back: nothing of the task is to stay
 * @param status the last one reported; its state never falls
 * @param containerId decided before anything is made under it, so that a crash leaves nothing nameless
 * @param container null before it is made and after it is removed
 */
@RecordBuilder
record TaskRecord(
        RunTask assignment,
        long index,
        boolean withdrawn,
        TaskStatus status,
        @Nullable String containerId,
        @Nullable ContainerRecord container)
        implements TaskRecordBuilder.With {
    /** More than any container can have between two writes of the journal. */
    private static final long UNJOURNALED_OBSERVATIONS = 1_000;

    static TaskRecord assigned(RunTask assignment, long index, Instant now) {
        TaskStatus status = TaskStatusBuilder.builder()
                .timestamp(now)
                .state(TaskState.ASSIGNED)
                .message("assigned")
                .build();
        return new TaskRecord(assignment, index, false, status, null, null);
    }

    @JsonIgnore
    TaskState state() {
        TaskState state = status.state();
        return state == null ? TaskState.ASSIGNED : state;
    }

    /** Ended for good: another task takes its place, this one never runs again. */
    @JsonIgnore
    boolean terminal() {
        return state().compareTo(TaskState.COMPLETE) >= 0;
    }

    /** Its process is not to run, or not any more. */
    @JsonIgnore
    boolean toBeStopped() {
        return withdrawn || assignment.desiredState().compareTo(TaskState.SHUTDOWN) >= 0;
    }

    /** Not even its container and logs are to stay. */
    @JsonIgnore
    boolean toBeRemoved() {
        return withdrawn || assignment.desiredState().compareTo(TaskState.REMOVE) >= 0;
    }

    /** As a later agent process goes on from it: what it reports is newer than anything that was not journaled. */
    TaskRecord readBack() {
        return container == null
                ? this
                : withContainer(container.withObserved(container.observed() + UNJOURNALED_OBSERVATIONS));
    }

    /** @throws IllegalStateException when the state would fall, which is a bug */
    TaskRecord reached(TaskStatus next) {
        if (next.state() == null || next.state().compareTo(state()) < 0) {
            throw new IllegalStateException(
                    "task " + assignment.id() + " would fall from " + state() + " to " + next.state());
        }
        return withStatus(next);
    }

    /** The container as it is seen now: one more observation. */
    TaskRecord contained(ContainerRecord now) {
        return withContainer(now.withObserved(now.observed() + 1));
    }
}
