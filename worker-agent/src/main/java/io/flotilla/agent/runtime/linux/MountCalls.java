package io.flotilla.agent.runtime.linux;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The mount calls of one thread of this process, for a view of its own (section 2 of the manual). */
final class MountCalls {
    static final int AT_FDCWD = -100;
    static final int AT_EMPTY_PATH = 0x1000;
    static final int AT_RECURSIVE = 0x8000;
    static final int CLONE_FS = 0x200;
    static final int CLONE_NEWNS = 0x20000;
    static final int MS_RDONLY = 1;
    static final int MS_REC = 0x4000;
    static final int MS_SLAVE = 0x80000;

    private static final int OPEN_TREE = 428;
    private static final int MOVE_MOUNT = 429;
    private static final int MOUNT_SETATTR = 442;
    private static final int OPEN_TREE_CLONE = 1;
    private static final int OPEN_TREE_CLOEXEC = 0x80000;
    private static final int MOVE_MOUNT_F_EMPTY_PATH = 0x04;
    private static final int MOVE_MOUNT_T_EMPTY_PATH = 0x40;
    private static final long MOUNT_ATTR_RDONLY = 1;

    static {
        Native.register(
                MountCalls.class, NativeLibrary.getInstance("c", Map.of(Library.OPTION_STRING_ENCODING, "UTF-8")));
    }

    private MountCalls() {}

    static native int unshare(int flags);

    static native int setns(int fd, int type);

    static native int chdir(String folder);

    static native int mount(String source, String target, @Nullable String type, long flags, @Nullable String data);

    private static native long syscall(long number, long dirFd, String path, long flags);

    private static native long syscall(long number, long fromFd, String fromPath, long toFd, String toPath, long flags);

    private static native long syscall(
            long number, long dirFd, String path, long flags, long[] attributes, long sizeBytes);

    /** A detached copy of the mount, with {@link #AT_RECURSIVE} those below it too. */
    static int openTree(String path, int flags) {
        return (int) syscall(OPEN_TREE, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
    }

    static int attach(int tree, int targetFd) {
        return (int) syscall(MOVE_MOUNT, tree, "", targetFd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    }

    static int setReadonly(int tree) {
        // struct mount_attr: attr_set, attr_clr, propagation, userns_fd
        long[] attributes = {MOUNT_ATTR_RDONLY, 0, 0, 0};
        return (int) syscall(MOUNT_SETATTR, tree, "", AT_EMPTY_PATH, attributes, (long) attributes.length * Long.BYTES);
    }
}
