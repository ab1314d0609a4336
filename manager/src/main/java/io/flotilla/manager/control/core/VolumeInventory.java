package io.flotilla.manager.control.core;

import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.manager.state.Turn;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which volumes the nodes say they have: so that a container finds the node of its volumes, and a client their names. */
final class VolumeInventory {
    private VolumeInventory() {}

    static void observed(Turn turn, Report.VolumeObserved observed) {
        String id = NodeVolume.idOf(observed.nodeId(), observed.volume().name());
        NodeVolume before = turn.state().volume(id).orElse(null);
        if (before != null && before.volume().equals(observed.volume())) {
            return;
        }
        turn.put(new NodeVolume(
                id,
                before == null ? new ObjectVersion(0) : before.version(),
                before == null ? turn.now() : before.createdAt(),
                turn.now(),
                observed.nodeId(),
                observed.volume()));
    }

    static void gone(Turn turn, Report.VolumeGone gone) {
        turn.remove(ObjectKind.VOLUME, NodeVolume.idOf(gone.nodeId(), gone.name()));
    }

    static void held(Turn turn, Report.VolumesHeld held) {
        Set<String> names = new HashSet<>(held.names());
        for (NodeVolume volume : List.copyOf(turn.state().volumes())) {
            if (volume.nodeId().equals(held.nodeId())
                    && !names.contains(volume.volume().name())) {
                turn.remove(ObjectKind.VOLUME, volume.id());
            }
        }
    }

    /** A node that is no more has nothing. */
    static void nodeGone(Turn turn, String nodeId) {
        held(turn, new Report.VolumesHeld(nodeId, List.of()));
    }
}
