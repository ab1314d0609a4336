package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpec.Availability;
import io.flotilla.bus.schema.ClusterVolumeSpec.Scope;
import io.flotilla.bus.schema.ClusterVolumeSpec.Sharing;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeCSIInfo;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.VolumeAttachment;
import io.flotilla.manager.scheduler.Requirements.ClusterMount;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.VolumePlugins;
import io.flotilla.manager.state.VolumeUses;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which cluster volumes a task would have on a node: SwarmKit's rules (manager/scheduler/volumes.go), and beyond them that
 * a volume for one node, or for one writer, goes nowhere while another node may still have it mounted. Pure.
 */
public final class ClusterVolumes {
    private ClusterVolumes() {}

    /**
     * What a task would have.
     *
     * @param attachments one for each mount; of use only when all are there
     * @param lacking which mount has no volume, and why; null when each has one
     */
    record Choice(
            List<VolumeAttachment> attachments, @Nullable String reason) {
        boolean fits() {
            return reason == null;
        }

        String lacking() {
            return Objects.requireNonNullElse(reason, "");
        }
    }

    /** Of a group the volume that is on the node already, else the one with the lowest ID; no volume for two mounts of a group. */
    static Choice choose(ClusterState state, Node node, List<ClusterMount> mounts) {
        List<VolumeAttachment> chosen = new ArrayList<>();
        for (ClusterMount mount : mounts) {
            Optional<String> reason = isOfGroup(mount.source())
                    ? fromGroup(state, node, mount, chosen)
                    : named(state, node, mount, chosen);
            if (reason.isPresent()) {
                return new Choice(List.of(), reason.get());
            }
        }
        return new Choice(List.copyOf(chosen), null);
    }

    private static Optional<String> named(
            ClusterState state, Node node, ClusterMount mount, List<VolumeAttachment> chosen) {
        Optional<SwarmVolume> volume =
                state.swarmVolumeNamed(mount.source()).or(() -> state.swarmVolume(mount.source()));
        if (volume.isEmpty()) {
            return Optional.of("there is no cluster volume " + mount.source());
        }
        Optional<String> obstacle = obstacle(state, node, volume.get(), mount, chosen);
        if (obstacle.isEmpty()) {
            chosen.add(new VolumeAttachment(volume.get().id(), mount.source(), mount.target()));
        }
        return obstacle;
    }

    private static Optional<String> fromGroup(
            ClusterState state, Node node, ClusterMount mount, List<VolumeAttachment> chosen) {
        String group = mount.source().substring(VolumeAttachment.GROUP.length());
        List<SwarmVolume> volumes = state.swarmVolumesOfGroup(group).stream()
                .filter(volume -> chosen.stream().noneMatch(other -> other.id().equals(volume.id())))
                .sorted(Comparator.comparing((SwarmVolume volume) ->
                                volume.publicationOn(node.id()).isEmpty())
                        .thenComparing(SwarmVolume::id))
                .toList();
        String first = null;
        for (SwarmVolume volume : volumes) {
            Optional<String> obstacle = obstacle(state, node, volume, mount, chosen);
            if (obstacle.isEmpty()) {
                chosen.add(new VolumeAttachment(volume.id(), mount.source(), mount.target()));
                return obstacle;
            }
            first = first == null ? obstacle.get() : first;
        }
        return Optional.of(
                first == null
                        ? "there is no" + (chosen.isEmpty() ? "" : " further") + " cluster volume of group " + group
                        : "no volume of group " + group + ": " + first);
    }

    private static Optional<String> obstacle(
            ClusterState state, Node node, SwarmVolume volume, ClusterMount mount, List<VolumeAttachment> chosen) {
        NodeCSIInfo plugin = VolumePlugins.onNode(node, volume.driver()).orElse(null);
        return unusable(volume)
                .or(() -> plugin != null
                        ? Optional.empty()
                        : Optional.of(Shortfall.name(node) + " has no CSI plugin " + volume.driver()))
                .or(() -> plugin == null || isAccessible(volume, plugin)
                        ? Optional.empty()
                        : Optional.of(about(volume) + "is not accessible from " + Shortfall.name(node)))
                .or(() -> elsewhere(state, node, volume, mount))
                .or(() -> shared(state, volume, mount))
                .or(() -> full(state, node, volume, plugin, chosen));
    }

    private static Optional<String> unusable(SwarmVolume volume) {
        if (Boolean.TRUE.equals(volume.pendingDelete())) {
            return Optional.of(about(volume) + "is being removed");
        }
        if (volume.spec().availability() == Availability.PAUSE) {
            return Optional.of(about(volume) + "is paused");
        }
        if (volume.spec().availability() == Availability.DRAIN) {
            return Optional.of(about(volume) + "is drained");
        }
        if (volume.info() == null) {
            return Optional.of(about(volume) + "has not been made yet"
                    + (volume.message() == null ? "" : ": " + volume.message()));
        }
        return Optional.empty();
    }

    /** CSI: a topology of the volume holds where each of its segments is the node's. */
    private static boolean isAccessible(SwarmVolume volume, NodeCSIInfo plugin) {
        var accessible = Objects.requireNonNull(volume.info()).accessibleTopology();
        var there = plugin.accessibleTopology();
        return accessible.isEmpty()
                || there != null
                        && accessible.stream().anyMatch(topology -> there.segments()
                                .entrySet()
                                .containsAll(topology.segments().entrySet()));
    }

    /** A volume that must not be on two nodes, or whose writer must be alone, waits until every other node has let go of it. */
    private static Optional<String> elsewhere(ClusterState state, Node node, SwarmVolume volume, ClusterMount mount) {
        if (!isForOneNode(volume) && !isForOneTask(volume) && !isForOneWriter(volume, mount)) {
            return Optional.empty();
        }
        List<Task> uses = VolumeUses.of(state, volume.id());
        if (isForOneNode(volume) || isForOneTask(volume)) {
            Optional<Task> use = uses.stream()
                    .filter(task -> !node.id().equals(task.nodeId()))
                    .findFirst();
            if (use.isPresent()) {
                return Optional.of(inUse(state, volume, use.get()));
            }
        }
        // what is published and used by no task that is known may be used by one that was forgotten: its node went down
        return volume.publications().stream()
                .map(SwarmVolume.Publication::nodeId)
                .filter(other ->
                        !other.equals(node.id()) && uses.stream().noneMatch(task -> other.equals(task.nodeId())))
                .findFirst()
                .map(other -> about(volume) + "is still on node " + nameOf(state, other) + down(state, other));
    }

    private static Optional<String> shared(ClusterState state, SwarmVolume volume, ClusterMount mount) {
        return switch (sharing(volume)) {
            case ALL -> Optional.empty();
            case READ_ONLY ->
                mount.readOnly()
                        ? Optional.empty()
                        : Optional.of(about(volume) + "is for mounts that are read-only alone");
            case NONE -> VolumeUses.of(state, volume.id()).stream().findFirst().map(use -> inUse(state, volume, use));
            case ONE_WRITER ->
                VolumeUses.of(state, volume.id()).stream()
                        .filter(use -> !mount.readOnly() && VolumeUses.writes(state, use, volume.id()))
                        .findFirst()
                        .map(use -> inUse(state, volume, use) + ", which writes to it");
        };
    }

    private static Optional<String> full(
            ClusterState state,
            Node node,
            SwarmVolume volume,
            @Nullable NodeCSIInfo plugin,
            List<VolumeAttachment> chosen) {
        long most = plugin == null ? 0 : Objects.requireNonNullElse(plugin.maxVolumesPerNode(), 0L);
        if (most <= 0) {
            return Optional.empty();
        }
        Set<String> there = new HashSet<>();
        Stream.of(
                        state.swarmVolumesOnNode(node.id()).stream().map(SwarmVolume::id),
                        state.tasksOnNode(node.id()).stream()
                                .filter(task -> !task.volumes().isEmpty() && VolumeUses.isLive(state, task))
                                .flatMap(VolumeUses::volumesOf),
                        chosen.stream().map(VolumeAttachment::id))
                .flatMap(ids -> ids)
                .filter(id -> state.swarmVolume(id)
                        .filter(other -> other.driver().equals(volume.driver()))
                        .isPresent())
                .forEach(there::add);
        there.remove(volume.id());
        return there.size() < most
                ? Optional.empty()
                : Optional.of(Shortfall.name(node) + " has " + there.size() + " of at most " + most
                        + " volumes of the CSI plugin " + volume.driver());
    }

    // ---- for those who start a new task before the old one ends

    /** Whether a task of a new spec may have to wait for a volume that another task has. */
    public static boolean awaitsEndOf(ClusterState state, Task task, @Nullable TaskSpec spec) {
        ContainerSpec container = spec == null ? null : spec.containerSpec();
        if (container == null || task.volumes().isEmpty()) {
            return false;
        }
        return VolumeUses.volumesOf(task)
                .flatMap(id -> state.swarmVolume(id).stream())
                .anyMatch(volume -> container.mounts().stream()
                        .filter(mount -> mount.type() == Mount.MountType.CLUSTER)
                        .filter(mount -> names(mount, volume))
                        .anyMatch(mount -> excludes(state, task, volume, Boolean.TRUE.equals(mount.readOnly()))));
    }

    private static boolean names(Mount mount, SwarmVolume volume) {
        String source = Objects.requireNonNullElse(mount.source(), "");
        return isOfGroup(source)
                ? source.substring(VolumeAttachment.GROUP.length())
                        .equals(volume.spec().group())
                : source.equals(volume.name()) || source.equals(volume.id());
    }

    private static boolean excludes(ClusterState state, Task task, SwarmVolume volume, boolean readOnly) {
        return isForOneTask(volume)
                || sharing(volume) == Sharing.ONE_WRITER && !readOnly && VolumeUses.writes(state, task, volume.id());
    }

    private static boolean isOfGroup(String source) {
        return source.startsWith(VolumeAttachment.GROUP);
    }

    private static boolean isForOneNode(SwarmVolume volume) {
        ClusterVolumeSpec.AccessMode mode = volume.spec().accessMode();
        return mode == null || mode.scope() != Scope.MULTI;
    }

    private static boolean isForOneTask(SwarmVolume volume) {
        return sharing(volume) == Sharing.NONE;
    }

    private static boolean isForOneWriter(SwarmVolume volume, ClusterMount mount) {
        return sharing(volume) == Sharing.ONE_WRITER && !mount.readOnly();
    }

    private static Sharing sharing(SwarmVolume volume) {
        ClusterVolumeSpec.AccessMode mode = volume.spec().accessMode();
        return mode == null ? Sharing.NONE : Objects.requireNonNullElse(mode.sharing(), Sharing.NONE);
    }

    private static String inUse(ClusterState state, SwarmVolume volume, Task use) {
        String nodeId = String.valueOf(use.nodeId());
        return about(volume) + "is in use by task " + use.id() + " on node " + nameOf(state, nodeId)
                + down(state, nodeId);
    }

    private static String down(ClusterState state, String nodeId) {
        boolean down = state.node(nodeId)
                .map(Node::status)
                .filter(status -> status.state() == NodeState.DOWN)
                .isPresent();
        return down ? ", which is down: it has to come back, or to be removed from the swarm" : "";
    }

    private static String about(SwarmVolume volume) {
        return "volume " + volume.name() + " ";
    }

    private static String nameOf(ClusterState state, String nodeId) {
        return state.node(nodeId).map(Shortfall::name).orElse(nodeId);
    }
}
