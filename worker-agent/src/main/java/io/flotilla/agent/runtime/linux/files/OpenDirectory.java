package io.flotilla.agent.runtime.linux.files;

import com.sun.jna.Native;
import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An open directory (an O_PATH descriptor) and what can be done to the names in it. No operation follows a symbolic link in its
 * last component, and {@link #resolve} never leaves the directory, so a tree of hostile content can be built below it.
 *
 * <p>All names are octets, see the package. Not safe for use by several threads at once; calls block, so use a platform thread.
 */
public final class OpenDirectory implements AutoCloseable {
    private static final int OPEN_FLAGS = Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC;
    private static final int EAGAIN_ATTEMPTS = 128;
    /** Of folders that are gone through with a descriptor and a stack frame each. */
    public static final int MAX_DEPTH = 500;

    private static final int EROFS = 30;
    private static final int ENODATA = 61;
    private static final int EOPNOTSUPP = 95;
    /** The kernel's own limit, xattr(7). */
    private static final int XATTR_SIZE_MAX = 64 * 1024;

    private final String path;
    private int fd;

    private OpenDirectory(int fd, String path) {
        this.fd = fd;
        this.path = path;
    }

    public static OpenDirectory open(Path path) throws KernelException {
        String octets = Octets.ofText(path.toAbsolutePath().toString());
        int fd = Libc.openat(Libc.AT_FDCWD, Octets.terminated(octets), OPEN_FLAGS, 0);
        return new OpenDirectory(check("openat", octets, fd), octets);
    }

    /**
     * Opens a directory below this one as a process chrooted here would: symbolic links are followed, absolute ones and
     * {@code ..} stay inside (openat2(2), RESOLVE_IN_ROOT).
     *
     * @param below relative path; empty for this directory itself
     */
    public OpenDirectory resolve(String below) throws KernelException {
        return new OpenDirectory(resolve(below, OPEN_FLAGS), target(below));
    }

    private int resolve(String below, int flags) throws KernelException {
        byte[] name = Octets.terminated(below.isEmpty() ? "." : below);
        long[] how = {Integer.toUnsignedLong(flags), 0, Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS};
        // a rename or mount anywhere on the machine while ".." is resolved makes the kernel say EAGAIN
        for (int attempt = 1; ; attempt++) {
            long opened = Libc.syscall(Libc.SYS_OPENAT2, fd, name, how, (long) how.length * Long.BYTES);
            if (opened >= 0) {
                return (int) opened;
            }
            int errno = Native.getLastError();
            if (errno != Errno.EAGAIN || attempt == EAGAIN_ATTEMPTS) {
                throw new KernelException("openat2", Octets.toText(target(below)), errno);
            }
        }
    }

    /** Empty when the name does not exist. */
    public Optional<FileStatus> status(String name) throws KernelException {
        byte[] raw = new byte[Libc.STATX_BYTES];
        int result = Libc.statx(fd, Octets.terminated(name), Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, raw);
        if (result < 0 && Native.getLastError() == Errno.ENOENT) {
            return Optional.empty();
        }
        check("statx", target(name), result);
        return Optional.of(FileStatus.parse(raw));
    }

    /** Like {@link #resolve}, but of any kind of file, and a last symbolic link is the file itself. */
    public OpenFile resolveFile(String below) throws KernelException {
        int fd = resolve(below, Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
        return new OpenFile(fd, target(below));
    }

    /** Like {@link #resolve}, but of any kind of file. */
    public OpenFile resolveFileFollowing(String below) throws KernelException {
        return new OpenFile(resolve(below, Libc.O_PATH | Libc.O_CLOEXEC), target(below));
    }

    /** Like {@link #resolve}, held as a file. */
    public OpenFile resolveFolder(String below) throws KernelException {
        return new OpenFile(resolve(below, OPEN_FLAGS), target(below));
    }

    /** Opens a directory in this one; a symbolic link is none. */
    public OpenDirectory child(String name) throws KernelException {
        int opened = Libc.openat(fd, Octets.terminated(name), OPEN_FLAGS | Libc.O_NOFOLLOW, 0);
        return new OpenDirectory(check("openat", target(name), opened), target(name));
    }

    /** Opens what has the name, not what a symbolic link leads to. Nothing happens to a device or FIFO by it. */
    public OpenFile file(String name) throws KernelException {
        int flags = Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
        return new OpenFile(
                check("openat", target(name), Libc.openat(fd, Octets.terminated(name), flags, 0)), target(name));
    }

    /**
     * Names in it, sorted by octets, without {@code .} and {@code ..}.
     *
     * @throws IOException when there are more than a listing should hold in memory
     */
    public List<String> names() throws IOException {
        int flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC;
        int readable = check("openat", path, Libc.openat(fd, Octets.terminated("."), flags, 0));
        try {
            return DirectoryEntries.read(readable, path);
        } finally {
            Libc.close(readable);
        }
    }

    /** Whether its file system lets itself be written to here. */
    public boolean isWritable() throws KernelException {
        int result = Libc.faccessat(fd, Octets.terminated("."), Libc.W_OK, 0);
        if (result < 0 && Native.getLastError() == EROFS) {
            return false;
        }
        check("faccessat", path, result);
        return true;
    }

    /** Removes the name and, when it is a directory, all in it. Mounts in it are not entered, and refuse to go. */
    public void removeTree(String name) throws IOException {
        removeTree(name, 0);
    }

    private void removeTree(String name, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new IOException(Octets.toText(target(name)) + ": folders are nested too deep to be removed");
        }
        Optional<FileStatus> status = status(name);
        if (status.isEmpty()) {
            return;
        }
        int flags = 0;
        if (status.get().isDirectory()) {
            try (OpenDirectory inside = child(name)) {
                for (String each : inside.names()) {
                    inside.removeTree(each, depth + 1);
                }
            }
            flags = Libc.AT_REMOVEDIR;
        }
        check("unlinkat", target(name), Libc.unlinkat(fd, Octets.terminated(name), flags));
    }

    /** Makes a new regular file with no permissions yet; fails when the name exists. */
    public NewFile create(String name) throws KernelException {
        int flags = Libc.O_CREAT | Libc.O_EXCL | Libc.O_WRONLY | Libc.O_CLOEXEC;
        return new NewFile(
                check("openat", target(name), Libc.openat(fd, Octets.terminated(name), flags, 0)), target(name));
    }

    /** @param mode permission bits, cut by the process's umask; {@link #chmod} sets them exactly */
    public void mkdir(String name, int mode) throws KernelException {
        check("mkdirat", target(name), Libc.mkdirat(fd, Octets.terminated(name), mode));
    }

    public void symlink(String name, String linkTarget) throws KernelException {
        check("symlinkat", target(name), Libc.symlinkat(Octets.terminated(linkTarget), fd, Octets.terminated(name)));
    }

    /** Makes {@code name} here a hard link of {@code existing} there; a symbolic link itself is linked, not its target. */
    public void link(String name, OpenDirectory from, String existing) throws KernelException {
        int result = Libc.linkat(from.fd, Octets.terminated(existing), fd, Octets.terminated(name), 0);
        check("linkat", target(name), result);
    }

    /** @param mode type and permission bits; the latter cut by the umask */
    public void mknod(String name, int mode, int major, int minor) throws KernelException {
        check("mknodat", target(name), Libc.mknodat(fd, Octets.terminated(name), mode, makedev(major, minor)));
    }

    public void unlink(String name) throws KernelException {
        check("unlinkat", target(name), Libc.unlinkat(fd, Octets.terminated(name), 0));
    }

    /** Renames within one file system, replacing what {@code newName} was where rename(2) allows it. */
    public void move(String name, OpenDirectory to, String newName) throws KernelException {
        int result = Libc.renameat(fd, Octets.terminated(name), to.fd, Octets.terminated(newName));
        check("renameat", target(name), result);
    }

    /** Also drops set-user-ID bits and file capabilities, so it comes before {@link #chmod} and {@link #setXattr}. */
    public void chown(String name, int uid, int gid) throws KernelException {
        int result = Libc.fchownat(fd, Octets.terminated(name), uid, gid, Libc.AT_SYMLINK_NOFOLLOW);
        check("fchownat", target(name), result);
    }

    /**
     * Not for symbolic links, which have no mode. fchmodat(2) would follow one that somebody has just put there, so the file
     * is held first.
     */
    public void chmod(String name, int mode) throws KernelException {
        try (OpenFile file = file(name)) {
            file.chmod(mode);
        }
    }

    /** Sets access and modification time. */
    public void setTimes(String name, Instant time) throws KernelException {
        long[] times = {time.getEpochSecond(), time.getNano(), time.getEpochSecond(), time.getNano()};
        int result = Libc.utimensat(fd, Octets.terminated(name), times, Libc.AT_SYMLINK_NOFOLLOW);
        check("utimensat", target(name), result);
    }

    public void setXattr(String name, String attribute, byte[] value) throws KernelException {
        int result = Libc.lsetxattr(procPath(name), Octets.terminated(attribute), value, value.length, 0);
        check("lsetxattr " + Octets.toText(attribute), target(name), result);
    }

    /** Empty when the file does not have the attribute. */
    public Optional<byte[]> xattr(String name, String attribute) throws KernelException {
        byte[] value = new byte[XATTR_SIZE_MAX];
        long result = Libc.lgetxattr(procPath(name), Octets.terminated(attribute), value, value.length);
        if (result < 0 && Native.getLastError() == ENODATA) {
            return Optional.empty();
        }
        int size = check("lgetxattr " + Octets.toText(attribute), target(name), (int) result);
        return Optional.of(Arrays.copyOf(value, size));
    }

    /** Names of the file's extended attributes, in octets; none where the file system has no such thing. */
    public List<String> xattrs(String name) throws KernelException {
        byte[] list = new byte[XATTR_SIZE_MAX];
        long result = Libc.llistxattr(procPath(name), list, list.length);
        if (result < 0 && Native.getLastError() == EOPNOTSUPP) {
            return List.of();
        }
        int size = check("llistxattr", target(name), (int) result);
        return size == 0
                ? List.of()
                : List.of(Octets.of(Arrays.copyOf(list, size - 1)).split("\0"));
    }

    /** Writes everything of this directory's file system to disk; syncfs(2) wants a readable descriptor, not O_PATH. */
    public void syncFileSystem() throws KernelException {
        int flags = Libc.O_DIRECTORY | Libc.O_CLOEXEC;
        int readable = check("openat", path, Libc.openat(fd, Octets.terminated("."), flags, 0));
        try {
            check("syncfs", path, Libc.syncfs(readable));
        } finally {
            Libc.close(readable);
        }
    }

    /** Idempotent. */
    @Override
    public void close() {
        if (fd >= 0) {
            Libc.close(fd);
            fd = -1;
        }
    }

    static int check(String operation, String target, int result) throws KernelException {
        if (result < 0) {
            throw new KernelException(operation, Octets.toText(target), Native.getLastError());
        }
        return result;
    }

    /** There is no setxattrat before Linux 6.13: the descriptor's own link in /proc names the directory safely. */
    private byte[] procPath(String name) {
        return Octets.terminated("/proc/self/fd/" + fd + "/" + name);
    }

    private String target(String name) {
        return name.isEmpty() ? path : path + "/" + name;
    }

    /** The encoding of makedev(3): 12 bits of major, 20 of minor, in the kernel's order. */
    private static long makedev(int major, int minor) {
        return (minor & 0xffL) | (major & 0xfffL) << 8 | (minor & 0xfff00L) << 12;
    }
}
