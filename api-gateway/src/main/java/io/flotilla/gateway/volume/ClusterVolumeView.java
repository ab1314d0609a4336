package io.flotilla.gateway.volume;

import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpec.AccessMode;
import io.flotilla.bus.schema.ClusterVolumeSpec.CapacityRange;
import io.flotilla.bus.schema.ClusterVolumeSpec.MountVolume;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Volume;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Cluster volumes as clients see them. */
final class ClusterVolumeView {
    private ClusterVolumeView() {}

    /** Docker's fields, and as {@code Status.Message}, which no cluster volume of dockerd has, what keeps it from being as wanted. */
    static Volume render(ClusterImage cluster, SwarmVolume volume) {
        return new Volume(
                volume.name(),
                volume.driver(),
                "",
                volume.createdAt(),
                message(cluster, volume)
                        .map(text -> Map.<String, Object>of("Message", text))
                        .orElse(null),
                volume.labels(),
                "global",
                volume.options(),
                new ClusterVolume(
                        volume.id(),
                        volume.version(),
                        volume.createdAt(),
                        volume.updatedAt(),
                        shown(volume.spec()),
                        volume.info(),
                        volume.publications().stream()
                                .map(publication -> new ClusterVolume.PublishStatus(
                                        publication.nodeId(), publication.state(), publication.publishContext()))
                                .toList()),
                null);
    }

    private static Optional<String> message(ClusterImage cluster, SwarmVolume volume) {
        String text = Stream.of(
                        Boolean.TRUE.equals(volume.pendingDelete())
                                ? Stream.of("removed, and not deleted by its plugin yet")
                                : Stream.<String>empty(),
                        Stream.ofNullable(volume.message()),
                        volume.publications().stream()
                                .filter(publication -> publication.message() != null)
                                .map(publication ->
                                        nameOf(cluster, publication.nodeId()) + ": " + publication.message()))
                .flatMap(part -> part)
                .collect(Collectors.joining("; "));
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    private static String nameOf(ClusterImage cluster, String nodeId) {
        return cluster.node(nodeId).map(Lookup::hostname).orElse(nodeId);
    }

    /** As a client of Go's types has it, for which what is missing is the zero value, and sends it back with an update. */
    static ClusterVolumeSpec shown(ClusterVolumeSpec spec) {
        AccessMode mode = spec.accessMode();
        MountVolume mount = mode == null ? null : mode.mountVolume();
        CapacityRange range = spec.capacityRange();
        return spec.with(shown -> shown.accessMode(
                        mode == null || mount == null || !"".equals(mount.fsType())
                                ? mode
                                : mode.withMountVolume(new MountVolume(null, mount.mountFlags())))
                .capacityRange(
                        range == null
                                ? null
                                : new CapacityRange(
                                        Objects.requireNonNullElse(range.requiredBytes(), 0L),
                                        Objects.requireNonNullElse(range.limitBytes(), 0L))));
    }
}
