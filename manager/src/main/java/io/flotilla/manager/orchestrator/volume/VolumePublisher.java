package io.flotilla.manager.orchestrator.volume;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import io.flotilla.manager.state.VolumeUses;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Brings cluster volumes to the nodes whose tasks use them and away from the others, and asks the CSI plugin for what that
 * takes, one call for a volume at a time. What there is to do follows from the volume, its tasks and the nodes alone, so
 * that a new leader goes on where the old one stopped.
 *
 * <p>A volume nobody uses any more is let go of in the turn after: in the same one the task's successor may get it.
 */
public final class VolumePublisher implements ControlLoop {
    /** Volumes with a node that does not use them any more, and the state of the turn in which that was seen. */
    private final Map<String, ClusterState> unused = new HashMap<>();

    @Override
    public void settle(Turn turn, Changed changed) {
        ClusterState state = turn.state();
        Set<String> volumes = new TreeSet<>(changed.of(ObjectKind.SWARM_VOLUME));
        if (changed.everything() || !changed.of(ObjectKind.NODE).isEmpty()) {
            state.swarmVolumes().forEach(volume -> volumes.add(volume.id()));
        }
        changed.of(ObjectKind.TASK).forEach(id -> addVolumesOf(turn, id, volumes));
        Set<String> due = due(turn, changed);
        volumes.addAll(due);
        volumes.forEach(id -> look(turn, id, due.contains(id)));
    }

    @Override
    public Optional<Instant> wakeAt() {
        return unused.isEmpty() ? Optional.empty() : Optional.of(Instant.MIN);
    }

    private static void addVolumesOf(Turn turn, String taskId, Set<String> volumes) {
        turn.state().task(taskId).or(() -> turn.base().task(taskId)).ifPresent(task -> VolumeUses.volumesOf(task)
                .forEach(volumes::add));
    }

    private Set<String> due(Turn turn, Changed changed) {
        Set<String> due = new TreeSet<>();
        unused.forEach((id, seenIn) -> {
            if (changed.isNothing() || seenIn != turn.base()) {
                due.add(id);
            }
        });
        return due;
    }

    private void look(Turn turn, String id, boolean letGo) {
        SwarmVolume volume = turn.state().swarmVolume(id).orElse(null);
        if (volume == null) {
            unused.remove(id);
            return;
        }
        VolumeStep step = new VolumeStep(turn.state(), volume, letGo);
        SwarmVolume next = step.next();
        if (step.hasUnused()) {
            unused.putIfAbsent(id, turn.base());
        } else {
            unused.remove(id);
        }
        if (step.isGone()) {
            turn.remove(ObjectKind.SWARM_VOLUME, id);
        } else if (!next.equals(volume)) {
            turn.put(next.withUpdatedAt(turn.now()));
        }
    }
}
