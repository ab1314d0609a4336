package io.flotilla.agent.image.layer;

import java.time.Instant;
import java.util.Map;

/**
 * The header of one tar member.
 *
 * @param name octets as in the archive, see {@link io.flotilla.agent.runtime.linux.files.Octets}
 * @param linkTarget octets; empty unless a link
 * @param permissions the lower 12 bits of the mode
 * @param deviceMajor of a device node, otherwise 0
 * @param xattrs by attribute name in octets
 */
public record TarEntry(
        String name,
        Kind kind,
        String linkTarget,
        int permissions,
        long uid,
        long gid,
        Instant modified,
        int deviceMajor,
        int deviceMinor,
        Map<String, byte[]> xattrs) {

    public enum Kind {
        FILE,
        DIRECTORY,
        SYMBOLIC_LINK,
        HARD_LINK,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        FIFO
    }
}
