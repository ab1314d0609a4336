package io.flotilla.agent.runtime.linux.files;

import com.sun.jna.Native;
import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import java.util.Arrays;

/**
 * A file of any kind that is held (an O_PATH descriptor): whatever becomes of its name, this is the same file. One thread.
 */
public final class OpenFile implements AutoCloseable {
    private static final int PATH_MAX = 4096;
    private static final int CLOSED = -1;

    private final String path;
    private int fd;
    private int content = CLOSED;

    OpenFile(int fd, String path) {
        this.fd = fd;
        this.path = path;
    }

    public FileStatus status() throws KernelException {
        byte[] raw = new byte[Libc.STATX_BYTES];
        int result = Libc.statx(fd, Octets.terminated(""), Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, raw);
        OpenDirectory.check("statx", path, result);
        return FileStatus.parse(raw);
    }

    /** What a symbolic link leads to, in octets. */
    public String linkTarget() throws KernelException {
        byte[] target = new byte[PATH_MAX];
        long length = Libc.readlinkat(fd, Octets.terminated(""), target, target.length);
        return Octets.of(Arrays.copyOf(target, OpenDirectory.check("readlinkat", path, (int) length)));
    }

    /**
     * Reads on in the content. Only for a regular file: opening any other can do something.
     *
     * @return bytes read, 0 at the end
     */
    public int read(byte[] buffer, int count) throws KernelException {
        if (content == CLOSED) {
            int flags = Libc.O_RDONLY | Libc.O_CLOEXEC;
            byte[] self = Octets.terminated("/proc/self/fd/" + fd);
            content = OpenDirectory.check("openat", path, Libc.openat(Libc.AT_FDCWD, self, flags, 0));
        }
        long length;
        do {
            length = Libc.read(content, buffer, count);
        } while (length < 0 && Native.getLastError() == Errno.EINTR);
        return OpenDirectory.check("read", path, (int) length);
    }

    void chmod(int mode) throws KernelException {
        byte[] self = Octets.terminated("/proc/self/fd/" + fd);
        OpenDirectory.check("fchmodat", path, Libc.fchmodat(Libc.AT_FDCWD, self, mode, 0));
    }

    /** Gives the descriptor to the caller, who closes it. */
    public int release() {
        int released = fd;
        fd = CLOSED;
        return released;
    }

    /** Idempotent. */
    @Override
    public void close() {
        if (content >= 0) {
            Libc.close(content);
            content = CLOSED;
        }
        if (fd >= 0) {
            Libc.close(fd);
            fd = CLOSED;
        }
    }
}
