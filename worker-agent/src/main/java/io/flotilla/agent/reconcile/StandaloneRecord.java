package io.flotilla.agent.reconcile;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.bus.assignment.Assignment.RunContainer;
import io.flotilla.bus.schema.RestartPolicy;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * All this node knows of one container of no service: what is wanted of it and how far it has come. Journaled whole after
 * each step.
 *
 * @param index Raft index the assignment follows from; older ones are not taken any more
 * @param withdrawn the assignment was taken back: nothing of the container is to stay
 * @param startsFollowed how many of the ordered starts have been tried
 * @param startWanted to be started as soon as it does not run: a restart a user asked for
 * @param stoppedByUser so that its restart policy does not start it
 * @param removing it is to go although the assignment is still there
 * @param removeVolumes with it those that are its own
 * @param removed it has gone; kept so that it is not made anew
 * @param restartAt when its restart policy starts it again; null when it does not
 * @param backoffMs the last wait of its restart policy
 * @param container null before it is made and after it is removed
 */
@RecordBuilder
record StandaloneRecord(
        RunContainer assignment,
        long index,
        boolean withdrawn,
        long startsFollowed,
        boolean startWanted,
        boolean stoppedByUser,
        boolean removing,
        boolean removeVolumes,
        boolean removed,
        @Nullable Instant restartAt,
        long backoffMs,
        @Nullable ContainerRecord container)
        implements StandaloneRecordBuilder.With {
    /** More than any container can have between two writes of the journal. */
    private static final long UNJOURNALED_OBSERVATIONS = 1_000;

    /** @param old of before the machine's start: what it orders to be started is not, but by its restart policy */
    static StandaloneRecord assigned(RunContainer assignment, long index, boolean old) {
        RestartPolicy policy = assignment.request().hostConfig().restartPolicy();
        String name = policy == null || policy.name() == null ? "" : policy.name();
        boolean always = name.equals("always") || name.equals("unless-stopped");
        return StandaloneRecordBuilder.builder()
                .assignment(assignment)
                .index(index)
                .startsFollowed(old && !always ? assignment.starts() : 0)
                .build();
    }

    /** A start was ordered that has not been tried. */
    @JsonIgnore
    boolean startOrdered() {
        return startWanted || startsFollowed < assignment.starts();
    }

    @JsonIgnore
    boolean toBeRemoved() {
        return withdrawn || removing;
    }

    /** As a later agent process goes on from it: what it reports is newer than anything that was not journaled. */
    StandaloneRecord readBack() {
        return container == null
                ? this
                : withContainer(container.withObserved(container.observed() + UNJOURNALED_OBSERVATIONS));
    }

    /** The container as it is seen now: one more observation. */
    StandaloneRecord contained(ContainerRecord now) {
        return withContainer(now.withObserved(now.observed() + 1));
    }
}
