package io.flotilla.gateway.volume;

import io.flotilla.bus.node.VolumeUsage;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.Volume;
import io.flotilla.bus.schema.VolumeCreate;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.ClusterView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What is done to the volumes of nodes, each on its node. Several nodes may have one of the same name, which services make: the name then
 * shows the one of the client's own node, and is removed on all. An answer waits until this gateway's view has what was
 * done, so that the client's next call sees it.
 */
final class Volumes {
    /** From the node's report over the bus and the managers back to this view. */
    private static final Duration KNOWN_TIMEOUT = Duration.ofSeconds(30);

    private final Gateway gateway;

    Volumes(Gateway gateway) {
        this.gateway = gateway;
    }

    Volume create(VolumeCreate create) {
        ClusterImage cluster = gateway.image();
        Optional<NodeVolume> present =
                create.name() == null || create.name().isEmpty() ? Optional.empty() : nearest(cluster, create.name());
        Node node = present.isPresent()
                ? nodeOf(cluster, present.get())
                : VolumePlacement.choose(cluster, gateway.self(), create);
        Volume made = gateway.volumes().create(node, create);
        String id = NodeVolume.idOf(node.id(), made.name());
        await(image -> image.volume(id).isPresent(), "is made");
        return made;
    }

    /** By name, each name once. */
    List<Volume> list(Filters filters) {
        ClusterImage cluster = gateway.image();
        Map<String, NodeVolume> byName = new HashMap<>();
        for (NodeVolume volume : VolumeFilter.select(cluster, filters)) {
            byName.merge(volume.volume().name(), volume, this::nearer);
        }
        return byName.values().stream()
                .map(NodeVolume::volume)
                .sorted(Comparator.comparing(Volume::name))
                .toList();
    }

    Optional<Volume> find(String name) {
        return nearest(gateway.image(), name).map(NodeVolume::volume);
    }

    /** @return whether there was one */
    boolean remove(String name, boolean force) {
        ClusterImage cluster = gateway.image();
        List<NodeVolume> found = named(cluster, name);
        for (NodeVolume volume : found) {
            remove(cluster, volume, force);
        }
        await(image -> named(image, name).isEmpty(), "is removed");
        return !found.isEmpty();
    }

    private void remove(ClusterImage cluster, NodeVolume volume, boolean force) {
        gateway.volumes().remove(nodeOf(cluster, volume), volume.volume().name(), force);
    }

    /** @param spaceBytes the content of the removed ones had */
    record Pruned(List<String> names, long spaceBytes) {}

    /** @param all also those that were given a name */
    Pruned prune(Filters filters, boolean all) {
        ClusterImage cluster = gateway.image();
        Set<String> used = VolumeFilter.used(cluster);
        List<NodeVolume> wanted = cluster.volumes().stream()
                .filter(volume -> !used.contains(volume.id()))
                .filter(volume -> all || VolumeFilter.isAnonymous(volume.volume()))
                .filter(volume -> filters.labelsMatch("label", volume.volume().labels()))
                .filter(volume -> filters.get("label!").isEmpty()
                        || !filters.labelsMatch("label!", volume.volume().labels()))
                .sorted(Comparator.comparing(NodeVolume::id))
                .toList();
        Map<String, Map<String, VolumeUsage>> usage = new HashMap<>();
        List<NodeVolume> removed = new ArrayList<>();
        long space = 0;
        for (NodeVolume volume : wanted) {
            try {
                Map<String, VolumeUsage> ofNode =
                        usage.computeIfAbsent(volume.nodeId(), id -> usageOf(nodeOf(cluster, volume)));
                remove(cluster, volume, false);
                removed.add(volume);
                VolumeUsage size = ofNode.get(volume.volume().name());
                space += size == null ? 0 : Math.max(0, size.sizeBytes());
            } catch (ApiException e) {
                // one that is in use by now, or gone, or whose node is silent
                if (e.status() != 409 && e.status() != 404 && e.status() != 503) {
                    throw e;
                }
            }
        }
        await(
                image -> removed.stream()
                        .allMatch(volume -> image.volume(volume.id()).isEmpty()),
                "is removed");
        return new Pruned(
                removed.stream()
                        .map(volume -> volume.volume().name())
                        .distinct()
                        .toList(),
                space);
    }

    private Map<String, VolumeUsage> usageOf(Node node) {
        Map<String, VolumeUsage> usage = new HashMap<>();
        gateway.volumes().usage(node).forEach(volume -> usage.put(volume.name(), volume));
        return usage;
    }

    private Optional<NodeVolume> nearest(ClusterImage cluster, String name) {
        return named(cluster, name).stream().reduce(this::nearer);
    }

    private NodeVolume nearer(NodeVolume one, NodeVolume other) {
        return other.nodeId().equals(gateway.config().nodeId()) ? other : one;
    }

    private static List<NodeVolume> named(ClusterImage cluster, String name) {
        return cluster.volumes().stream()
                .filter(volume -> volume.volume().name().equals(name))
                .sorted(Comparator.comparing(NodeVolume::id))
                .toList();
    }

    private static Node nodeOf(ClusterImage cluster, NodeVolume volume) {
        return cluster.node(volume.nodeId())
                .orElseThrow(() -> ApiException.unavailable(
                        "the node of volume " + volume.volume().name() + " is no longer part of the cluster"));
    }

    static ApiException noSuch(String name) {
        return ApiException.notFound("get " + name + ": no such volume");
    }

    private void await(Predicate<ClusterImage> known, String what) {
        try (ClusterView.Follower follower = gateway.view().follower()) {
            long deadline = System.nanoTime() + KNOWN_TIMEOUT.toNanos();
            while (true) {
                ClusterImage image = follower.next(Duration.ofNanos(deadline - System.nanoTime()))
                        .orElseThrow(() -> ApiException.unavailable("the volume " + what
                                + " on its node, but the cluster has not heard of it within "
                                + KNOWN_TIMEOUT.toSeconds() + " s"));
                if (known.test(Objects.requireNonNull(image))) {
                    return;
                }
            }
        }
    }
}
