package io.flotilla.gateway.volume;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Volume;
import io.flotilla.bus.schema.VolumeCreate;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is done to the volumes of the whole swarm: orders to the managers, who have CSI plugins carry them out afterwards. */
final class ClusterVolumes {
    private final Gateway gateway;

    ClusterVolumes(Gateway gateway) {
        this.gateway = gateway;
    }

    /** @return the volume, which its plugin has yet to make */
    Volume create(VolumeCreate create) {
        var _ = gateway.swarm();
        Reply.Done done = gateway.execute(new Command.CreateClusterVolume(create));
        ClusterImage cluster = gateway.image();
        return cluster.clusterVolume(done.id())
                .map(volume -> ClusterVolumeView.render(cluster, volume))
                .orElseThrow(() -> ApiException.failed("the volume was removed as soon as it was created"));
    }

    /** By name. */
    List<Volume> list(Filters filters) {
        ClusterImage cluster = gateway.image();
        return VolumeFilter.selectClusterVolumes(cluster, filters).stream()
                .map(volume -> ClusterVolumeView.render(cluster, volume))
                .toList();
    }

    /** @throws ApiException 404 */
    Volume inspect(String name) {
        ClusterImage cluster = gateway.image();
        return ClusterVolumeView.render(cluster, Lookup.clusterVolume(cluster, name));
    }

    void update(String name, long version, VolumeUpdate update) {
        SwarmVolume volume = Lookup.clusterVolume(gateway.swarm(), name);
        ClusterVolumeSpec given = update.spec();
        ClusterVolumeSpec wanted = given == null ? volume.spec() : wanted(volume.spec(), given);
        var _ = gateway.execute(new Command.UpdateClusterVolume(volume.id(), version, wanted));
    }

    /** A field that is not given, or as clients see it, is not to be changed; whether others may be, managers say. */
    private static ClusterVolumeSpec wanted(ClusterVolumeSpec present, ClusterVolumeSpec given) {
        ClusterVolumeSpec shown = ClusterVolumeView.shown(present);
        ClusterVolumeSpec asked = ClusterVolumeView.shown(given);
        return new ClusterVolumeSpec(
                choose(asked.group(), shown.group(), present.group()),
                choose(asked.accessMode(), shown.accessMode(), present.accessMode()),
                choose(
                        asked.accessibilityRequirements(),
                        shown.accessibilityRequirements(),
                        present.accessibilityRequirements()),
                choose(asked.capacityRange(), shown.capacityRange(), present.capacityRange()),
                asked.secrets().isEmpty() ? present.secrets() : asked.secrets(),
                given.availability() == null ? present.availability() : given.availability());
    }

    private static <T> @Nullable T choose(@Nullable T asked, @Nullable T shown, @Nullable T present) {
        return asked == null || asked.equals(shown) ? present : asked;
    }

    /** Asks for the removal; the volume is there until its plugin has deleted it. */
    void remove(String name, boolean force) {
        ClusterImage cluster = gateway.swarm();
        if (force && Lookup.findClusterVolume(cluster, name).isEmpty()) {
            return;
        }
        SwarmVolume volume = Lookup.clusterVolume(cluster, name);
        var _ = gateway.execute(new Command.RemoveClusterVolume(volume.id(), force));
    }
}
