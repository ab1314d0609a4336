package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.health.HealthStates;
import io.flotilla.agent.network.Attachment;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.bus.schema.ContainerStatus;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.PortStatus;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A task's status in SwarmKit's words. Pure. */
final class TaskStatuses {
    private static final String UNHEALTHY = "dockerexec: unhealthy container";

    private TaskStatuses() {}

    static TaskStatus of(
            TaskRecord task, TaskState state, @Nullable String message, @Nullable String err, Instant now) {
        return new TaskStatus(now, state, message, err, containerStatus(task), portStatus(task));
    }

    /** The same status of the task as it is now: its container tells of another exit. */
    static TaskStatus of(TaskRecord task, TaskStatus status) {
        return new TaskStatus(
                status.timestamp(),
                status.state(),
                status.message(),
                status.err(),
                containerStatus(task),
                portStatus(task));
    }

    /**
     * An end that was asked for is a shutdown whatever the exit code; any other is the task's own. One that was stopped
     * because its health check failed has failed though it ended well: dockerd calls it complete, so that on-failure would
     * not replace it.
     */
    static TaskStatus ofExit(TaskRecord task, Exit exit, Instant now) {
        if (task.toBeStopped()) {
            return of(task, TaskState.SHUTDOWN, "shutdown", null, now);
        }
        boolean unhealthy = stoppedForItsHealth(task);
        if (exit.exitCode() == 0 && exit.known()) {
            return unhealthy
                    ? of(task, TaskState.FAILED, "started", UNHEALTHY, now)
                    : of(task, TaskState.COMPLETE, "finished", null, now);
        }
        String err = exit.known()
                ? "task: non-zero exit (" + exit.exitCode() + ")" + (unhealthy ? ": " + UNHEALTHY : "")
                : "task: exit code unknown, the process ended while no agent watched it";
        return of(task, TaskState.FAILED, "started", err, now);
    }

    /** Stopped although it is wanted. */
    private static boolean stoppedForItsHealth(TaskRecord task) {
        ContainerRecord container = task.container();
        return container != null
                && container.stopRequestedAt() != null
                && container.health() != null
                && HealthStates.UNHEALTHY.equals(container.health().status());
    }

    private static @Nullable ContainerStatus containerStatus(TaskRecord task) {
        ContainerRecord container = task.container();
        if (container == null) {
            return null;
        }
        RunningProcess process = container.process();
        Exit exit = container.exit();
        return new ContainerStatus(
                container.id(),
                process == null || exit != null ? 0L : process.pid(),
                exit == null ? 0L : exit.exitCode());
    }

    /** The host ports that were given; none are left after the end. */
    private static @Nullable PortStatus portStatus(TaskRecord task) {
        ContainerRecord container = task.container();
        Attachment attachment = container == null ? null : container.attachment();
        if (container == null
                || attachment == null
                || container.exit() != null
                || attachment.ports().isEmpty()) {
            return null;
        }
        List<PortConfig> ports = attachment.ports().stream()
                .map(port -> new PortConfig(
                        null,
                        PortConfig.Protocol.valueOf(port.protocol().name()),
                        (long) port.containerPort(),
                        (long) port.hostPort(),
                        PortConfig.PublishMode.HOST))
                .toList();
        return new PortStatus(ports);
    }
}
