package io.flotilla.gateway.volume;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.MountPoint;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.Volume;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.view.ClusterImage;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
