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

    /**
     * Whether an extended attribute is the file's own and goes with it. {@code trusted.*} would steer overlayfs itself
     * (redirects, opaque folders), and other {@code security.*} are labels of the host. Only files and folders can have
     * user attributes (xattr(7)).
     */
    public static boolean carries(String attribute, Kind kind) {
        boolean fileOrFolder = kind == Kind.FILE || kind == Kind.DIRECTORY;
        return switch (attribute) {
            case "security.capability" -> kind == Kind.FILE;
            case "system.posix_acl_access" -> kind != Kind.SYMBOLIC_LINK;
            case "system.posix_acl_default" -> kind == Kind.DIRECTORY;
            default -> attribute.startsWith("user.") && fileOrFolder && attribute.indexOf('\0') < 0;
        };
    }

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
