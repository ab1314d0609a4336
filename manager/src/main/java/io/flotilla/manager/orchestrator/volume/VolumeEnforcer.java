package io.flotilla.manager.orchestrator.volume;

import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import io.flotilla.manager.state.VolumeUses;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Rejects tasks that use a volume which is being drained, or was removed by force. It sets the observed state only: that the
 * task is stopped and replaced follows as for any that failed, and its successor waits until it can have the volume.
 */
public final class VolumeEnforcer implements ControlLoop {
    @Override
    public void settle(Turn turn, Changed changed) {
        Set<String> volumes = new TreeSet<>(changed.of(ObjectKind.SWARM_VOLUME));
        if (changed.everything()) {
            turn.state().tasks().forEach(task -> VolumeUses.volumesOf(task).forEach(volumes::add));
        }
        volumes.forEach(id -> enforce(turn, id));
    }

    private static void enforce(Turn turn, String volumeId) {
        ClusterState state = turn.state();
        SwarmVolume volume = state.swarmVolume(volumeId).orElse(null);
        boolean drained = volume != null && volume.spec().availability() == ClusterVolumeSpec.Availability.DRAIN;
        if (volume != null && !drained) {
            return;
        }
        List<Task> tasks = state.tasksWithSwarmVolume(volumeId).stream()
                .filter(task -> Slot.isLive(task) && !Slot.isOver(task))
                .sorted(Slot.OLDEST_FIRST)
                .toList();
        String err = drained ? "attached to volume which is being drained" : "attached to volume which was removed";
        tasks.forEach(task -> TaskChanges.reject(turn, task, "volume enforcer", err));
    }
}
