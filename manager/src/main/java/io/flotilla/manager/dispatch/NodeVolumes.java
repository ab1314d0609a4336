package io.flotilla.manager.dispatch;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.schema.ClusterVolume.PublishState;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Secret;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.manager.dispatch.Assignments.Key;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What nodes have to do for cluster volumes: mount and unmount them, and ask CSI plugins for the cluster. */
final class NodeVolumes {
    private final NodeValues values;

    NodeVolumes(NodeValues values) {
        this.values = values;
    }

    Map<Key, @Nullable Assignment> changed(ClusterState before, ClusterState after, List<Change> changes) {
        Map<Key, @Nullable Assignment> changed = new LinkedHashMap<>();
        for (String id : touched(before, after, changes)) {
            Map<Key, Assignment> was =
                    before.swarmVolume(id).map(volume -> of(before, volume)).orElse(Map.of());
            Map<Key, Assignment> is =
                    after.swarmVolume(id).map(volume -> of(after, volume)).orElse(Map.of());
            is.forEach((key, assignment) -> {
                if (!assignment.equals(was.get(key))) {
                    changed.put(key, assignment);
                }
            });
            was.keySet().stream().filter(key -> !is.containsKey(key)).forEach(key -> changed.put(key, null));
        }
        return changed;
    }

    private static Set<String> touched(ClusterState before, ClusterState after, List<Change> changes) {
        Set<String> touched = new LinkedHashSet<>();
        boolean secrets = false;
        Set<String> otherKey = new LinkedHashSet<>();
        for (Change change : changes) {
            if (change instanceof Change.Disown) {
                continue;
            }
            switch (change.kind()) {
                case SWARM_VOLUME -> touched.add(change.id());
                case SECRET -> secrets = true;
                case NODE -> {
                    if (!Objects.equals(
                            NodeValues.sealKey(before, change.id()), NodeValues.sealKey(after, change.id()))) {
                        otherKey.add(change.id());
                    }
                }
                default -> {}
            }
        }
        if (secrets || !otherKey.isEmpty()) {
            for (SwarmVolume volume : after.swarmVolumes()) {
                if (!volume.spec().secrets().isEmpty() && (secrets || concerns(volume, otherKey))) {
                    touched.add(volume.id());
                }
            }
        }
        return touched;
    }

    private static boolean concerns(SwarmVolume volume, Set<String> nodeIds) {
        return volume.operation() != null && nodeIds.contains(volume.operation().executorId())
                || volume.publications().stream().anyMatch(publication -> nodeIds.contains(publication.nodeId()));
    }

    /** Every node's share in one volume. */
    Map<Key, Assignment> of(ClusterState state, SwarmVolume volume) {
        Map<Key, Assignment> shares = new LinkedHashMap<>();
        for (SwarmVolume.Publication publication : volume.publications()) {
            if (publication.state() != PublishState.PENDING_PUBLISH && volume.info() != null) {
                shares.put(Key.publishVolume(publication.nodeId(), volume.id()), publish(state, volume, publication));
            }
        }
        SwarmVolume.Operation operation = volume.operation();
        if (operation != null) {
            shares.put(Key.controlVolume(operation.executorId(), volume.id()), control(state, volume, operation));
        }
        return shares;
    }

    private Assignment.PublishVolume publish(
            ClusterState state, SwarmVolume volume, SwarmVolume.Publication publication) {
        return new Assignment.PublishVolume(
                volume.id(),
                publication.number(),
                publication.state() == PublishState.PUBLISHED,
                volume.name(),
                volume.driver(),
                Objects.requireNonNull(volume.spec().accessMode(), "a volume without an access mode is refused"),
                Objects.requireNonNull(volume.info()),
                publication.publishContext(),
                secrets(state, volume, publication.nodeId()));
    }

    private Assignment.ControlVolume control(ClusterState state, SwarmVolume volume, SwarmVolume.Operation operation) {
        Optional<SwarmVolume.Publication> publication =
                Optional.ofNullable(operation.nodeId()).flatMap(volume::publicationOn);
        return new Assignment.ControlVolume(
                volume.id(),
                operation.number(),
                operation.kind(),
                volume.id(),
                volume.driver(),
                volume.options(),
                volume.spec(),
                volume.info(),
                publication.map(SwarmVolume.Publication::csiNodeId).orElse(null),
                secrets(state, volume, operation.executorId()));
    }

    private List<Assignment.VolumeSecret> secrets(ClusterState state, SwarmVolume volume, String nodeId) {
        return volume.spec().secrets().stream()
                .map(reference -> secret(state, reference, nodeId))
                .toList();
    }

    /** A volume names the secret, whose present version counts, or one by its ID. */
    private Assignment.VolumeSecret secret(ClusterState state, ClusterVolumeSpec.Secret reference, String nodeId) {
        String key = Objects.requireNonNullElse(reference.key(), "");
        String named = Objects.requireNonNullElse(reference.secret(), "");
        String id = state.secret(named)
                .map(Secret::id)
                .or(() -> state.valueNamed(ObjectKind.SECRET, named).map(value -> value.id()))
                .orElse(named);
        Assignment.HoldValue value = values.value(state, Key.value(nodeId, ObjectKind.SECRET, id));
        return new Assignment.VolumeSecret(key, value.name(), value.value(), value.problem());
    }
}
