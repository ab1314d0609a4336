package io.flotilla.gateway.volume;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.MountPoint;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.Volume;
import io.flotilla.bus.schema.VolumeAttachment;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.view.ClusterImage;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Which volumes a list shows. */
final class VolumeFilter {
    static final Set<String> KEYS = Set.of("dangling", "driver", "label", "name");

    private VolumeFilter() {}

    /** By name. */
    static List<NodeVolume> select(ClusterImage cluster, Filters filters) {
        boolean asksForUse = filters.contains("dangling");
        boolean dangling = filters.flag("dangling", false);
        Set<String> used = asksForUse ? used(cluster) : Set.of();
        return cluster.volumes().stream()
                .filter(volume -> !asksForUse || used.contains(volume.id()) != dangling)
                .filter(volume -> filters.exactMatch("driver", volume.volume().driver()))
                .filter(volume -> filters.labelsMatch("label", volume.volume().labels()))
                .filter(volume -> filters.match("name", volume.volume().name()))
                .sorted(Comparator.comparing(NodeVolume::id))
                .toList();
    }

    /** By name. One that is on no node, and wanted by no task, dangles. */
    static List<SwarmVolume> selectClusterVolumes(ClusterImage cluster, Filters filters) {
        boolean asksForUse = filters.contains("dangling");
        boolean dangling = filters.flag("dangling", false);
        Set<String> wanted = asksForUse ? wanted(cluster) : Set.of();
        return cluster.clusterVolumes().stream()
                .filter(volume ->
                        !asksForUse || dangling == (volume.publications().isEmpty() && !wanted.contains(volume.id())))
                .filter(volume -> filters.exactMatch("driver", volume.driver()))
                .filter(volume -> filters.labelsMatch("label", volume.labels()))
                .filter(volume -> filters.match("name", volume.name()))
                .sorted(Comparator.comparing(SwarmVolume::name).thenComparing(SwarmVolume::id))
                .toList();
    }

    private static Set<String> wanted(ClusterImage cluster) {
        return cluster.tasks().stream()
                .filter(task -> task.state().compareTo(TaskState.RUNNING) <= 0)
                .flatMap(task -> task.volumes().stream())
                .map(VolumeAttachment::id)
                .collect(Collectors.toSet());
    }

    /** IDs of the volumes a container has, running or not. */
    static Set<String> used(ClusterImage cluster) {
        Set<String> used = new HashSet<>();
        for (Container container : cluster.containers()) {
            for (MountPoint mount : container.inspect().mounts()) {
                if (mount.name() != null && "volume".equals(mount.type())) {
                    used.add(NodeVolume.idOf(container.nodeId(), mount.name()));
                }
            }
        }
        return used;
    }

    static boolean isAnonymous(Volume volume) {
        return volume.labels().containsKey(Volume.ANONYMOUS);
    }
}
