package io.flotilla.agent.volume;

import io.flotilla.agent.volume.VolumeRefused.Reason;
import java.io.IOException;
import java.util.Optional;

/** The drivers volumes may name: local, and the plugins that are there when they are asked for. */
public final class VolumeDrivers {
    private final LocalDriver local = new LocalDriver();
    private final PluginFolders plugins;

    public VolumeDrivers(PluginFolders plugins) {
        this.plugins = plugins;
    }

    VolumeDriver local() {
        return local;
    }

    /** @param name empty for local */
    VolumeDriver named(String volume, String name) throws VolumeRefused, IOException {
        if (name.isEmpty() || name.equals(LocalDriver.NAME)) {
            return local;
        }
        return plugin(name)
                .orElseThrow(() -> new VolumeRefused(
                        Reason.NOT_FOUND,
                        "create " + volume + ": error looking up volume plugin " + name + ": plugin \"" + name
                                + "\" not found"));
    }

    /** @throws IOException when the volume's plugin is not there (any more) */
    VolumeDriver of(VolumeRecord volume) throws IOException {
        if (volume.driver().equals(LocalDriver.NAME)) {
            return local;
        }
        return plugin(volume.driver())
                .orElseThrow(() -> new IOException("error looking up volume plugin " + volume.driver() + ": plugin \""
                        + volume.driver() + "\" not found"));
    }

    private Optional<VolumeDriver> plugin(String name) throws IOException {
        return plugins.find(name).map(address -> new PluginDriver(name, new PluginCalls(name, address)));
    }
}
