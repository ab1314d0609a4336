package io.flotilla.manager.simulation;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.TaskState;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A task in the journal of a simulated host, and its container. */
final class HeldTask {
    Assignment.RunTask task;
    long index;
    TaskState state = TaskState.ASSIGNED;
    boolean withdrawn;

    @Nullable
    String err;

    boolean stepping;

    HeldTask(Assignment.RunTask task, long index) {
        this.task = task;
        this.index = index;
    }

    String taskId() {
        return task.id();
    }

    TaskState state() {
        return state;
    }

    String serviceId() {
        return task.serviceId();
    }

    boolean isMeasured() {
        return state == TaskState.RUNNING
                && task.serviceLabels().keySet().stream().anyMatch(label -> label.startsWith(Report.TasksUsed.LABELS));
    }

    /** As assignments name them. */
    Stream<String> values() {
        ContainerSpec spec = Objects.requireNonNull(task.spec().containerSpec());
        return Stream.concat(
                spec.secrets().stream().map(secret -> ObjectKind.SECRET.key(String.valueOf(secret.secretId()))),
                spec.configs().stream().map(config -> ObjectKind.CONFIG.key(String.valueOf(config.configId()))));
    }

    /** Whether its container runs. */
    boolean isUp() {
        return state == TaskState.STARTING || state == TaskState.RUNNING;
    }

    boolean has(String volumeId) {
        return task.volumes().stream().anyMatch(volume -> volume.id().equals(volumeId));
    }

    boolean reads() {
        return ServiceShape.mounts(task.spec()).stream().allMatch(mount -> Boolean.TRUE.equals(mount.readOnly()));
    }

    /** Whether it goes on. */
    boolean isLive() {
        return state.compareTo(TaskState.RUNNING) <= 0 && !toBeStopped();
    }

    boolean toBeStopped() {
        return withdrawn || task.desiredState().compareTo(TaskState.SHUTDOWN) >= 0;
    }
}
