package io.flotilla.agent.container;

import io.flotilla.agent.image.Snapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Objects;

/** Refuses by name. */
record NoVolumes() implements Volumes {
    @Override
    public void adopt(Collection<ContainerRecord> containers) {}

    @Override
    public Volume hold(String containerId, String target, Wish wish) throws PlanRefused {
        throw new PlanRefused("volume \"" + Objects.requireNonNullElse(wish.name(), target)
                + "\": volumes are not supported on this node yet");
    }

    @Override
    public void copyUp(Volume volume, Snapshot root, String path) throws IOException {
        throw new IOException("no volume " + volume.name());
    }

    @Override
    public Path subpath(Volume volume, String subpath) throws IOException {
        throw new IOException("no volume " + volume.name());
    }

    @Override
    public void mount(String containerId) {}

    @Override
    public void unmount(String containerId) {}

    @Override
    public void release(String containerId, boolean removeAnonymous) {}
}
