package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.reconcile.Steps.ImageState;
import io.flotilla.agent.runtime.Exit;
import org.jspecify.annotations.Nullable;

/** Decides the next step of a container of no service from what is journaled and what is seen. Pure. */
final class StandaloneSteps {
    private StandaloneSteps() {}

    /**
     * What this process sees and does not journal.
     *
     * @param refused it can't be made as the assignment has it; not tried again before the next
     * @param changed the assignment may differ from what was made of the last
     * @param watched this process follows the container's exit
     * @param exit how it ended, null while it has not
     * @param graceOver the stop signal was sent and its time is over
     * @param killed SIGKILL was sent
     * @param restartDue the wait of its restart policy is over
     */
    record Seen(
            ImageState image,
            boolean refused,
            boolean changed,
            boolean watched,
            @Nullable Exit exit,
            boolean graceOver,
            boolean killed,
            boolean restartDue) {}

    static StandaloneStep next(StandaloneRecord record, Seen seen) {
        ContainerRecord container = record.container();
        if (container != null && container.live()) {
            return running(record, container, seen);
        }
        if (container != null && container.startAttempted() && !container.released()) {
            return new StandaloneStep.Release();
        }
        if (record.removed()) {
            return record.withdrawn() ? new StandaloneStep.Forget() : new StandaloneStep.Rest();
        }
        if (record.toBeRemoved()) {
            return new StandaloneStep.Remove();
        }
        if (container == null) {
            return seen.refused() ? new StandaloneStep.Rest() : make(record, seen);
        }
        if (seen.changed()) {
            return new StandaloneStep.Change();
        }
        if (record.startOrdered()) {
            return new StandaloneStep.Start();
        }
        return record.restartAt() != null && seen.restartDue()
                ? new StandaloneStep.Restart()
                : new StandaloneStep.Rest();
    }

    private static StandaloneStep make(StandaloneRecord record, Seen seen) {
        String imageId = record.assignment().request().imageId();
        if (imageId == null) {
            return new StandaloneStep.Refuse(
                    "No such image: " + record.assignment().request().config().image());
        }
        return switch (seen.image()) {
            case ImageState.Here() -> new StandaloneStep.Create();
            case ImageState.Absent() -> new StandaloneStep.FetchImage(imageId);
            case ImageState.Coming() -> new StandaloneStep.Rest();
            case ImageState.Failed(String reason) -> new StandaloneStep.Refuse(reason);
        };
    }

    private static StandaloneStep running(StandaloneRecord record, ContainerRecord container, Seen seen) {
        if (!seen.watched()) {
            return new StandaloneStep.Adopt();
        }
        if (seen.exit() != null) {
            return new StandaloneStep.RecordExit(seen.exit());
        }
        if (record.toBeRemoved() || seen.graceOver()) {
            return seen.killed() ? new StandaloneStep.Rest() : new StandaloneStep.Kill();
        }
        if (seen.changed()) {
            return new StandaloneStep.Change();
        }
        boolean ending = container.stopRequestedAt() != null;
        return !record.startWanted() && record.startOrdered() && !ending
                ? new StandaloneStep.FollowStart()
                : new StandaloneStep.Rest();
    }
}
