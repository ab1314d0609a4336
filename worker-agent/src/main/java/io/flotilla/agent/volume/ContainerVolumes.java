package io.flotilla.agent.volume;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.container.Volumes;
import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.runtime.linux.HostMounts;
import io.flotilla.bus.schema.MountPoint;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The volumes as containers hold and mount them: a volume's driver mounts it for the first container that runs with it and
 * unmounts it after the last. Nothing of that is kept on disk; {@link #adopt} tells it anew when the agent starts.
 */
public final class ContainerVolumes implements Volumes {
    private final VolumeStore store;
    private final CopyUp copyUp;
    /** Names of the volumes each container holds. */
    private final Map<String, Set<String>> heldBy = new ConcurrentHashMap<>();

    public ContainerVolumes(VolumeStore store) {
        this.store = store;
        this.copyUp = new CopyUp(store.folders().work());
    }

    /** What was mounted for containers that run no more is unmounted; after a reboot nothing is mounted any more. */
    @Override
    public void adopt(Collection<ContainerRecord> containers) throws IOException {
        for (ContainerRecord container : containers) {
            for (MountPoint mount : container.mounts()) {
                if ("volume".equals(mount.type()) && mount.name() != null) {
                    adopt(container, mount.name(), Objects.requireNonNullElse(mount.destination(), ""));
                }
            }
        }
        for (HeldVolume volume : store.all()) {
            synchronized (volume) {
                if (volume.mounted().isEmpty() && isMountPoint(volume)) {
                    store.driver(volume).unmount(volume.name(), content(volume));
                }
            }
        }
    }

    private boolean isThere(HeldVolume volume) throws IOException {
        return !store.driver(volume).isMounted(volume.record.options()) || isMountPoint(volume);
    }

    private boolean isMountPoint(HeldVolume volume) throws IOException {
        return HostMounts.below(content(volume)).contains(content(volume));
    }

    private Path content(HeldVolume volume) {
        return store.folders().content(volume.name());
    }

    private void adopt(ContainerRecord container, String name, String target) throws IOException {
        for (HeldVolume volume : store.all()) {
            if (volume.name().equals(name)) {
                synchronized (volume) {
                    noteHold(volume, container.id(), target);
                    if (container.running() && isThere(volume)) {
                        volume.mounted().add(container.id());
                    }
                }
            }
        }
    }

    @Override
    public Volume hold(String containerId, String target, Wish wish) throws PlanRefused, IOException {
        try {
            while (true) {
                HeldVolume volume = wish.name() == null
                        ? store.anonymous(wish.driver(), wish.options(), wish.labels(), containerId, target)
                        : store.made(wish.name(), wish.driver(), wish.options(), wish.labels(), null, null);
                synchronized (volume) {
                    // one that went between finding and holding it is made again
                    if (!volume.isGone()) {
                        noteHold(volume, containerId, target);
                        Path content = content(volume);
                        return new Volume(volume.name(), volume.record.driver(), content);
                    }
                }
            }
        } catch (VolumeRefused refused) {
            throw new PlanRefused(Objects.requireNonNull(refused.getMessage()));
        }
    }

    private void noteHold(HeldVolume volume, String containerId, String target) {
        volume.hold(containerId, target);
        heldBy.computeIfAbsent(containerId, id -> ConcurrentHashMap.newKeySet()).add(volume.name());
    }

    @Override
    public void copyUp(Volume volume, Snapshot root, String path) throws IOException {
        HeldVolume held = store.present(volume.name());
        synchronized (held) {
            boolean used = !held.mounted().isEmpty();
            boolean driven = store.driver(held).isMounted(held.record.options());
            if (driven && used) {
                // its first use is over, and what it is now may change under our hands
                return;
            }
            CopyUp.Way way = driven ? CopyUp.Way.IN_PLACE : used ? CopyUp.Way.FILL : CopyUp.Way.REPLACE;
            whileMounted(held, content -> {
                copyUp.run(root, path, content, way);
                return content;
            });
        }
    }

    @Override
    public Path subpath(Volume volume, String subpath) throws PlanRefused, IOException {
        HeldVolume held = store.present(volume.name());
        synchronized (held) {
            Path found = whileMounted(held, content -> {
                try {
                    return content.resolve(subpath).toRealPath();
                } catch (FileSystemException notThere) {
                    // no file, below one that is no folder, or a link to itself
                    return null;
                }
            });
            if (found == null) {
                throw new PlanRefused(
                        "cannot access path " + volume.path().resolve(subpath) + ": no such file or directory");
            }
            if (!found.startsWith(volume.path().toRealPath())) {
                throw new PlanRefused("invalid mount config for type \"volume\": subpath \"" + subpath
                        + "\" leads out of volume \"" + volume.name() + "\"");
            }
            return found;
        }
    }

    private interface Look {
        @Nullable
        Path at(Path content) throws IOException;
    }

    private @Nullable Path whileMounted(HeldVolume volume, Look look) throws IOException {
        Path content = content(volume);
        VolumeDriver driver = store.driver(volume);
        boolean mount =
                driver.isMounted(volume.record.options()) && volume.mounted().isEmpty();
        if (mount) {
            driver.mount(volume.name(), volume.record.options(), content);
        }
        try {
            return look.at(content);
        } finally {
            if (mount) {
                driver.unmount(volume.name(), content);
            }
        }
    }

    @Override
    public void mount(String containerId) throws IOException {
        for (String name : held(containerId)) {
            HeldVolume volume = store.present(name);
            synchronized (volume) {
                if (volume.mounted().contains(containerId)) {
                    continue;
                }
                VolumeDriver driver = store.driver(volume);
                if (driver.isMounted(volume.record.options())
                        && volume.mounted().isEmpty()) {
                    driver.mount(name, volume.record.options(), content(volume));
                }
                volume.mounted().add(containerId);
                for (String target : volume.targetsOf(containerId)) {
                    store.tell("mount", volume, Map.of("container", containerId, "destination", target));
                }
            }
        }
    }

    @Override
    public void unmount(String containerId) throws IOException {
        for (String name : held(containerId)) {
            HeldVolume volume = store.present(name);
            synchronized (volume) {
                unmount(volume, containerId);
            }
        }
    }

    private void unmount(HeldVolume volume, String containerId) throws IOException {
        if (!volume.mounted().contains(containerId)) {
            return;
        }
        VolumeDriver driver = store.driver(volume);
        if (driver.isMounted(volume.record.options()) && volume.mounted().size() == 1) {
            driver.unmount(volume.name(), content(volume));
        }
        volume.mounted().remove(containerId);
        store.tell("unmount", volume, Map.of("container", containerId));
    }

    @Override
    public void release(String containerId, boolean removeAnonymous) throws IOException {
        for (String name : held(containerId)) {
            HeldVolume volume = store.present(name);
            synchronized (volume) {
                unmount(volume, containerId);
                volume.release(containerId);
                boolean anonymous = volume.record.labels().containsKey(io.flotilla.bus.schema.Volume.ANONYMOUS);
                if (removeAnonymous && anonymous && volume.holders().isEmpty()) {
                    store.discard(volume);
                }
            }
            heldBy.getOrDefault(containerId, Set.of()).remove(name);
        }
        heldBy.remove(containerId);
    }

    private Set<String> held(String containerId) {
        return Set.copyOf(heldBy.getOrDefault(containerId, Set.of()));
    }
}
