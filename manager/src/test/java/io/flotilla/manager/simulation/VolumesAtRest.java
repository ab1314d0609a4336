package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.ClusterVolume.PublishState;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.scheduler.Fit;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.VolumeUses;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What must be so of cluster volumes some time after the last fault: made, where they are used and nowhere else, or gone. */
final class VolumesAtRest {
    private final World world;
    private final ClusterState state;

    VolumesAtRest(World world, ClusterState state) {
        this.world = world;
        this.state = state;
    }

    /** @return what is not as wanted, empty when everything is */
    Optional<String> missing() {
        return state.swarmVolumes().stream()
                .filter(this::rests)
                .flatMap(volume -> missing(volume).stream())
                .findFirst()
                .or(this::leftOver)
                .or(this::waiting);
    }

    /** Tasks that end again and again take their volumes to and fro. */
    private boolean rests(SwarmVolume volume) {
        return state.tasksWithSwarmVolume(volume.id()).stream()
                .allMatch(task -> state.service(String.valueOf(task.serviceId()))
                                .filter(service -> !ServiceModes.isJob(service.spec()))
                                .isPresent()
                        && state.revision(
                                        Objects.requireNonNull(task.serviceId()),
                                        Objects.requireNonNull(task.specVersion()))
                                .filter(revision -> Fate.of(revision.spec()) == Fate.HEALTHY)
                                .isPresent());
    }

    private Optional<String> missing(SwarmVolume volume) {
        if (volume.info() == null || volume.operation() != null || volume.pendingDelete() != null) {
            return Optional.of("volume " + volume.name() + " is under way: " + volume);
        }
        Set<String> used = VolumeUses.of(state, volume.id()).stream()
                .map(task -> String.valueOf(task.nodeId()))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> published = volume.publications().stream()
                .filter(publication -> publication.state() == PublishState.PUBLISHED)
                .map(SwarmVolume.Publication::nodeId)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> attached =
                used.stream().map(SimulatedStorage::csiNodeId).collect(Collectors.toCollection(TreeSet::new));
        boolean asWanted = used.equals(published)
                && volume.publications().size() == published.size()
                && used.equals(world.storage.mountedOn(volume.id()))
                && attached.equals(world.storage.attached().get(volume.id()));
        return asWanted
                ? Optional.empty()
                : Optional.of("volume " + volume.name() + " is used on " + used + ", published as "
                        + volume.publications() + ", mounted on " + world.storage.mountedOn(volume.id())
                        + ", attached to " + world.storage.attached().get(volume.id()));
    }

    private Optional<String> leftOver() {
        Set<String> left = new TreeSet<>(world.storage.attached().keySet());
        state.swarmVolumes().forEach(volume -> left.remove(volume.id()));
        return left.isEmpty() ? Optional.empty() : Optional.of("volumes were removed and are not deleted: " + left);
    }

    /** Nothing waits for a volume it could have. */
    private Optional<String> waiting() {
        for (Task task : state.tasks()) {
            boolean waits = task.state() == TaskState.PENDING
                    && Slot.isLive(task)
                    && task.nodeId() == null
                    && String.valueOf(task.status().err()).contains("CSI volume");
            Service service = state.service(String.valueOf(task.serviceId())).orElse(null);
            if (!waits || service == null || !Objects.equals(service.specVersion(), task.specVersion())) {
                continue;
            }
            Optional<Node> fits = state.nodes().stream()
                    .filter(node -> Fit.fits(state, service, node, world.now()))
                    .findFirst();
            if (fits.isPresent()) {
                return Optional.of("task " + task.id() + " waits for a volume it can have on "
                        + fits.get().id() + ": " + task.status().err());
            }
        }
        return Optional.empty();
    }
}
