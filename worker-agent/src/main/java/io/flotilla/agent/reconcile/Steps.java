package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.health.HealthStates;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.value.ValueFiles;
import io.flotilla.bus.schema.TaskState;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Decides the next step of a task from what is journaled and what is seen. Pure. */
final class Steps {
    private Steps() {}

    /**
     * What this process sees and does not journal.
     *
     * @param watched this process follows the container's exit
     * @param exit how it ended, null while it has not
     * @param graceOver the stop signal was sent and its time is over
     * @param killed SIGKILL was sent
     * @param values why its secrets and configs are not to be had, null when they are
     * @param volumes why its cluster volumes are not there yet, null when they are
     * @param shortfall what it lacks of what is wanted while it runs, such as a port that is taken; null when nothing
     */
    record Seen(
            ImageState image,
            ValueFiles.@Nullable Lack values,
            @Nullable String volumes,
            boolean watched,
            @Nullable Exit exit,
            boolean graceOver,
            boolean killed,
            @Nullable String shortfall) {}

    /** Whether the task's image is here. */
    sealed interface ImageState {
        record Here() implements ImageState {}

        record Absent() implements ImageState {}

        record Coming() implements ImageState {}

        record Failed(String reason) implements ImageState {}
    }

    static Step next(TaskRecord task, Seen seen) {
        ContainerRecord container = task.container();
        if (container != null && container.live()) {
            return running(task, container, seen);
        }
        if (container != null && container.startAttempted() && !container.released()) {
            return new Step.Release();
        }
        if (task.terminal()) {
            return ended(task);
        }
        if (task.toBeStopped()) {
            return new Step.Withhold();
        }
        return switch (task.state()) {
            case ASSIGNED -> new Step.Accept();
            case ACCEPTED -> new Step.Prepare();
            case PREPARING -> prepare(task, seen);
            case READY, STARTING -> start(task, seen.volumes());
            // a running task has a container that is live
            default ->
                throw new IllegalStateException("task " + task.assignment().id() + " is " + task.state());
        };
    }

    private static Step prepare(TaskRecord task, Seen seen) {
        return switch (seen.image()) {
            case ImageState.Here() -> create(task, seen);
            case ImageState.Absent() -> new Step.FetchImage();
            case ImageState.Coming() -> new Step.Rest();
            case ImageState.Failed(String reason) -> new Step.Reject(reason);
        };
    }

    private static Step create(TaskRecord task, Seen seen) {
        return switch (seen.values()) {
            case null -> {
                if (seen.volumes() != null) {
                    yield awaited(task, seen.volumes());
                }
                yield task.containerId() == null ? new Step.NameContainer() : new Step.Create(task.containerId());
            }
            case ValueFiles.Lack.Never(String reason) -> new Step.Reject(reason);
            case ValueFiles.Lack.Awaited(String reason) -> awaited(task, reason);
        };
    }

    /** A boot in between took what was mounted when it was created. */
    private static Step start(TaskRecord task, @Nullable String volumes) {
        if (task.assignment().desiredState().compareTo(TaskState.RUNNING) < 0) {
            return new Step.Rest();
        }
        return volumes == null ? new Step.Start() : awaited(task, volumes);
    }

    private static Step awaited(TaskRecord task, String reason) {
        return reason.equals(task.status().err()) ? new Step.Rest() : new Step.ShowShortfall(reason);
    }

    private static Step running(TaskRecord task, ContainerRecord container, Seen seen) {
        if (!seen.watched()) {
            return new Step.Adopt();
        }
        if (seen.exit() != null) {
            return new Step.RecordExit(seen.exit());
        }
        String health = container.health() == null ? null : container.health().status();
        if (task.toBeStopped() || HealthStates.UNHEALTHY.equals(health)) {
            if (container.stopRequestedAt() == null) {
                return new Step.Stop();
            }
            return seen.graceOver() && !seen.killed() ? new Step.Kill() : new Step.Rest();
        }
        if (task.state() == TaskState.STARTING) {
            return HealthStates.STARTING.equals(health) ? new Step.Rest() : new Step.Run();
        }
        return Objects.equals(seen.shortfall(), task.status().err())
                ? new Step.Rest()
                : new Step.ShowShortfall(seen.shortfall());
    }

    private static Step ended(TaskRecord task) {
        String containerId = task.containerId();
        // a rejected task's container was never shown to anybody: nothing of it is to stay
        boolean unfinished = task.container() == null || !task.container().startAttempted();
        if (containerId != null && (task.toBeRemoved() || unfinished)) {
            return new Step.Remove(containerId);
        }
        return task.withdrawn() ? new Step.Forget() : new Step.Rest();
    }
}
