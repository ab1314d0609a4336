package io.flotilla.agent.runtime.linux.files;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;

/**
 * What statx(2) tells about a file.
 *
 * @param mode type and permission bits, see inode(7)
 * @param deviceMajor of a device node
 * @param inode number on {@code fileSystem}, which together tell the same file by another name
 * @param fileSystem device number of the file system it is on
 */
public record FileStatus(
        int mode,
        int uid,
        int gid,
        int linkCount,
        long sizeBytes,
        int deviceMajor,
        int deviceMinor,
        long inode,
        long fileSystem,
        Instant modified) {
    public static final int S_IFMT = 0170000;
    public static final int S_IFIFO = 0010000;
    public static final int S_IFCHR = 0020000;
    public static final int S_IFDIR = 0040000;
    public static final int S_IFBLK = 0060000;
    public static final int S_IFREG = 0100000;
    public static final int S_IFLNK = 0120000;
    public static final int S_IFSOCK = 0140000;

    static FileStatus parse(byte[] statx) {
        ByteBuffer raw = ByteBuffer.wrap(statx).order(ByteOrder.nativeOrder());
        return new FileStatus(
                Short.toUnsignedInt(raw.getShort(28)),
                raw.getInt(20),
                raw.getInt(24),
                raw.getInt(16),
                raw.getLong(40),
                raw.getInt(128),
                raw.getInt(132),
                raw.getLong(32),
                Integer.toUnsignedLong(raw.getInt(136)) << Integer.SIZE | Integer.toUnsignedLong(raw.getInt(140)),
                Instant.ofEpochSecond(raw.getLong(112), raw.getInt(120)));
    }

    /** One of the {@code S_IF} constants. */
    public int type() {
        return mode & S_IFMT;
    }

    public boolean isDirectory() {
        return type() == S_IFDIR;
    }

    /** overlayfs takes a character device 0/0 in an upper layer as "this name is deleted" (overlayfs.rst). */
    public boolean isWhiteout() {
        return (mode & S_IFMT) == S_IFCHR && deviceMajor == 0 && deviceMinor == 0;
    }

    public int permissions() {
        return mode & 07777;
    }
}
