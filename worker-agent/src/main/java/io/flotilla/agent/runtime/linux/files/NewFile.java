package io.flotilla.agent.runtime.linux.files;

import com.sun.jna.Native;
import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import java.util.Arrays;

/** A regular file just made, open for writing. One thread. */
public final class NewFile implements AutoCloseable {
    private final String path;
    private int fd;

    NewFile(int fd, String path) {
        this.fd = fd;
        this.path = path;
    }

    /** Appends the first {@code count} bytes. */
    public void write(byte[] bytes, int count) throws KernelException {
        byte[] rest = bytes;
        int left = count;
        while (left > 0) {
            int written = (int) Libc.write(fd, rest, left);
            if (written < 0) {
                if (Native.getLastError() == Errno.EINTR) {
                    continue;
                }
                throw new KernelException("write", Octets.toText(path), Native.getLastError());
            }
            left -= written;
            if (left > 0) {
                rest = Arrays.copyOfRange(rest, written, written + left);
            }
        }
    }

    /** Also drops set-user-ID bits and file capabilities, so it comes before {@link #chmod}. */
    public void chown(int uid, int gid) throws KernelException {
        OpenDirectory.check("fchown", path, Libc.fchown(fd, uid, gid));
    }

    public void chmod(int mode) throws KernelException {
        OpenDirectory.check("fchmod", path, Libc.fchmod(fd, mode));
    }

    /** Idempotent. */
    @Override
    public void close() {
        if (fd >= 0) {
            Libc.close(fd);
            fd = -1;
        }
    }
}
