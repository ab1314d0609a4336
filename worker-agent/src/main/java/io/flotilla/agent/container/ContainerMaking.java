package io.flotilla.agent.container;

import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ImageConfig;
import io.flotilla.bus.schema.Mount;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds what a container stands on, its volumes, the sources of its binds and its neighbours, and plans it with them. Does
 * nothing again that was done for the container before.
 */
public final class ContainerMaking {
    private final Volumes volumes;
    private final Neighbours neighbours;

    public ContainerMaking(Volumes volumes, Neighbours neighbours) {
        this.volumes = volumes;
        this.neighbours = neighbours;
    }

    /** @throws PlanRefused in dockerd's words; volumes may have been made, which {@link Volumes#release} takes back */
    public ContainerRecord make(ContainerRequest wanted, ContainerPlan.Site site, StoredImage image)
            throws PlanRefused, IOException {
        ContainerRequest request = wanted.withHostConfig(NamespaceRules.resolved(wanted.hostConfig(), neighbours));
        ImageConfig config = ContainerPlan.imageConfig(image);
        List<MountWish.Resolved> mounts = new ArrayList<>();
        try {
            for (MountWish wish : MountRules.wishes(request, config, neighbours)) {
                mounts.add(resolve(wish, site));
            }
            return ContainerPlan.of(request, site, image, mounts);
        } catch (InvalidPathException noPath) {
            throw new PlanRefused("invalid path: " + noPath.getMessage());
        }
    }

    private MountWish.Resolved resolve(MountWish wish, ContainerPlan.Site site) throws PlanRefused, IOException {
        return switch (wish.type()) {
            case VOLUME -> volume(wish, site.id(), site.root());
            case BIND -> {
                checkSource(wish);
                yield new MountWish.Resolved(wish, null, wish.source());
            }
            default -> new MountWish.Resolved(wish, null, "");
        };
    }

    private MountWish.Resolved volume(MountWish wish, String containerId, Snapshot root)
            throws PlanRefused, IOException {
        Volumes.Volume volume = volumes.hold(containerId, wish.target(), MountRules.volumeWish(wish));
        if (MountRules.copiesUp(wish)) {
            volumes.copyUp(volume, root, wish.target());
        }
        String subpath = MountRules.subpath(wish);
        Path source = subpath.isEmpty() ? volume.path() : volumes.subpath(volume, subpath);
        return new MountWish.Resolved(wish, volume, source.toString());
    }

    /** A bind's source has to be there, or it is made where the short form or an option asks for it. */
    private static void checkSource(MountWish wish) throws PlanRefused, IOException {
        Path source = Path.of(wish.source());
        if (wish.mount().type() != Mount.MountType.BIND || Files.exists(source)) {
            return;
        }
        if (!wish.createSource()) {
            throw new PlanRefused(
                    "invalid mount config for type \"bind\": bind source path does not exist: " + wish.source());
        }
        try {
            Files.createDirectories(source);
        } catch (FileSystemException impossible) {
            throw new PlanRefused(
                    "error while creating mount source path '" + source + "': mkdir " + impossible.getMessage());
        }
    }
}
