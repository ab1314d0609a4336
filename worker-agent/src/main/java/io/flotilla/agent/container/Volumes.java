package io.flotilla.agent.container;

import io.flotilla.agent.image.Snapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The node's volumes as containers use them. Safe for concurrent use; every call does nothing again that it did before.
 * Refusals are in dockerd's words.
 */
public interface Volumes {

    /**
     * What a mount names.
     *
     * @param name null for an anonymous volume, which belongs to its container
     * @param driver empty for local
     * @param options of the driver, for a volume that is to be made
     */
    record Wish(@Nullable String name, String driver, Map<String, String> options, Map<String, String> labels) {}

    /** @param name of an anonymous one its 64 hexadecimal digits @param path of its content on this host */
    record Volume(String name, String driver, Path path) {}

    /** Once, before anything else: the containers an agent before this one has left, with the volumes they hold. */
    void adopt(Collection<ContainerRecord> containers) throws IOException;

    /**
     * The volume, made when there is none of that name; it can't be removed until {@link #release}.
     *
     * @param target where the container mounts it: an anonymous volume is found again by container and target
     */
    Volume hold(String containerId, String target, Wish wish) throws PlanRefused, IOException;

    /** Gives a volume that is still empty what the container's root has at the path, with owners, modes and links. */
    void copyUp(Volume volume, Snapshot root, String path) throws IOException;

    /**
     * The path of one part of the volume, which no link leads out of.
     *
     * @param subpath relative to the volume
     */
    Path subpath(Volume volume, String subpath) throws PlanRefused, IOException;

    /** Makes the content of the container's volumes reachable, before it starts: a driver may have to mount it. */
    void mount(String containerId) throws IOException;

    /** The container has ended: what was mounted for it alone may go. */
    void unmount(String containerId) throws IOException;

    /** The container goes, and its hold on its volumes. @param removeAnonymous those without another container too */
    void release(String containerId, boolean removeAnonymous) throws IOException;

    /** Of a node without volumes: refuses every one, and has nothing to let go of. */
    static Volumes none() {
        return new NoVolumes();
    }
}
