package io.flotilla.agent.container;

import io.flotilla.bus.schema.Mount;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One thing to be mounted into a container, whichever of HostConfig's ways asked for it. A volume without source is
 * anonymous.
 *
 * @param mode as a short form wrote it, for docker inspect; empty for the others
 * @param createSource a bind's source is made where there is none
 * @param tmpfsOptions of a tmpfs, which HostConfig.Tmpfs words as mount(8) does
 */
record MountWish(Mount mount, String mode, boolean createSource, List<String> tmpfsOptions) {
    Mount.MountType type() {
        // Docker's default
        return Objects.requireNonNullElse(mount.type(), Mount.MountType.VOLUME);
    }

    String target() {
        return Objects.requireNonNullElse(mount.target(), "");
    }

    String source() {
        return Objects.requireNonNullElse(mount.source(), "");
    }

    boolean readOnly() {
        return Boolean.TRUE.equals(mount.readOnly());
    }

    /** @param volume null for anything else */
    record Resolved(MountWish wish, Volumes.@Nullable Volume volume, String source) {}
}
