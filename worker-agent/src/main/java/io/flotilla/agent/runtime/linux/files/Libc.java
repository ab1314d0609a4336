package io.flotilla.agent.runtime.linux.files;

import com.sun.jna.Native;

/** The C library's calls as they are (section 2 of the manual); -1 with {@link Native#getLastError()} on failure. */
final class Libc {
    static final int AT_FDCWD = -100;
    static final int AT_SYMLINK_NOFOLLOW = 0x100;

    static final int AT_REMOVEDIR = 0x200;
    static final int AT_EMPTY_PATH = 0x1000;

    static final int W_OK = 2;

    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_CREAT = 0100;
    static final int O_EXCL = 0200;
    static final int O_CLOEXEC = 02000000;
    static final int O_PATH = 010000000;
    /** fcntl.h: arm64 kept the values of 32-bit arm. */
    static final int O_DIRECTORY = System.getProperty("os.arch").equals("aarch64") ? 040000 : 0200000;

    /** As O_DIRECTORY, of a value of its own on arm64. */
    static final int O_NOFOLLOW = System.getProperty("os.arch").equals("aarch64") ? 0100000 : 0400000;

    static final long RESOLVE_NO_MAGICLINKS = 0x02;
    static final long RESOLVE_IN_ROOT = 0x10;
    /** No wrapper in glibc; the number is the same for every architecture since Linux 5.6. */
    static final long SYS_OPENAT2 = 437;

    static final int STATX_BASIC_STATS = 0x7ff;
    static final int STATX_BYTES = 256;

    static {
        Native.register(Libc.class, "c");
    }

    private Libc() {}

    static native long syscall(long number, long dirFd, byte[] path, long[] how, long howBytes);

    static native int openat(int dirFd, byte[] path, int flags, int mode);

    static native int close(int fd);

    static native long read(int fd, byte[] buffer, long count);

    static native long getdents64(int fd, byte[] entries, long count);

    static native long readlinkat(int dirFd, byte[] name, byte[] target, long count);

    static native int faccessat(int dirFd, byte[] name, int mode, int flags);

    static native long llistxattr(byte[] path, byte[] list, long count);

    static native long write(int fd, byte[] buffer, long count);

    static native int mkdirat(int dirFd, byte[] name, int mode);

    static native int mknodat(int dirFd, byte[] name, int mode, long device);

    static native int symlinkat(byte[] target, int dirFd, byte[] name);

    static native int linkat(int fromDirFd, byte[] fromName, int dirFd, byte[] name, int flags);

    static native int unlinkat(int dirFd, byte[] name, int flags);

    static native int renameat(int fromDirFd, byte[] fromName, int dirFd, byte[] name);

    static native int fchownat(int dirFd, byte[] name, int uid, int gid, int flags);

    static native int fchmodat(int dirFd, byte[] name, int mode, int flags);

    static native int fchown(int fd, int uid, int gid);

    static native int fchmod(int fd, int mode);

    static native int utimensat(int dirFd, byte[] name, long[] times, int flags);

    static native int lsetxattr(byte[] path, byte[] attribute, byte[] value, long valueBytes, int flags);

    static native long lgetxattr(byte[] path, byte[] attribute, byte[] value, long valueBytes);

    static native int statx(int dirFd, byte[] name, int flags, int mask, byte[] status);

    static native int syncfs(int fd);
}
