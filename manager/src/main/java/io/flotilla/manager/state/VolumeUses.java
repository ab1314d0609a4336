package io.flotilla.manager.state;

import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Which tasks use a cluster volume: from when they are given a node until what ran there is over. */
public final class VolumeUses {
    /** Label of a task with volumes that the managers rejected, until its node says that it is over. */
    private static final String UP_THOUGH_REJECTED = "flotilla.up-though-rejected";

    private VolumeUses() {}

    /** Tasks that use the volume, in the order of their IDs. */
    public static List<Task> of(ClusterState state, String volumeId) {
        return state.tasksWithSwarmVolume(volumeId).stream()
                .filter(task -> isLive(state, task))
                .sorted(Comparator.comparing(Task::id))
                .toList();
    }

    /**
     * Whether a task may still write to its volumes. One that an enforcer rejected may until its node has stopped it; that
     * of a node that is down is taken to run there.
     */
    public static boolean isLive(ClusterState state, Task task) {
        if (task.nodeId() == null || task.state().compareTo(TaskState.ASSIGNED) < 0) {
            return false;
        }
        return task.state().compareTo(TaskState.RUNNING) <= 0
                || state.node(task.nodeId()).isPresent() && isUpThoughRejected(task);
    }

    /** Whether the managers gave the task up and its node has not said yet that it is over. */
    public static boolean isUpThoughRejected(Task task) {
        return task.labels().containsKey(UP_THOUGH_REJECTED);
    }

    /** The task, about to be rejected by the managers: nobody but they knows so far. */
    public static Task upThoughRejected(Task task) {
        if (task.volumes().isEmpty()) {
            return task;
        }
        Map<String, String> labels = new HashMap<>(task.labels());
        labels.put(UP_THOUGH_REJECTED, "true");
        return task.withLabels(labels);
    }

    /** The task with its node's word that it is over. */
    public static Task stopped(Task rejected) {
        Map<String, String> labels = new HashMap<>(rejected.labels());
        labels.remove(UP_THOUGH_REJECTED);
        return rejected.withLabels(labels);
    }

    /** Whether the task mounts the volume other than read-only. */
    public static boolean writes(ClusterState state, Task task, String volumeId) {
        List<Mount> mounts = mounts(state, task);
        return task.volumes().stream()
                .filter(volume -> volume.id().equals(volumeId))
                .anyMatch(volume -> mounts.stream()
                        .filter(mount -> Objects.equals(mount.target(), volume.target()))
                        .noneMatch(mount -> Boolean.TRUE.equals(mount.readOnly())));
    }

    private static List<Mount> mounts(ClusterState state, Task task) {
        return Optional.ofNullable(task.serviceId())
                .flatMap(service -> state.revision(service, Objects.requireNonNullElse(task.specVersion(), 0L)))
                .map(revision -> revision.spec().containerSpec())
                .map(ContainerSpec::mounts)
                .orElse(List.of());
    }

    /** IDs of the volumes a task was given. */
    public static Stream<String> volumesOf(Task task) {
        return task.volumes().stream().map(volume -> volume.id()).distinct();
    }
}
