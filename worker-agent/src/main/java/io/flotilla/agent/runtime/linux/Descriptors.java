package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.linux.syscall.Libc;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/** File descriptors that are closed together, once a child has its own copies. For one thread. */
final class Descriptors implements AutoCloseable {
    private final Deque<Integer> open = new ArrayDeque<>();

    /** Opens with close-on-exec, until this is closed. */
    int open(Path path, int flags) throws KernelException {
        int fd = openForGood(path, flags);
        open.push(fd);
        return fd;
    }

    /** Opens with close-on-exec; the caller closes. */
    static int openForGood(Path path, int flags) throws KernelException {
        int fd = Libc.open(path.toString(), flags | Libc.O_CLOEXEC, 0);
        if (fd < 0) {
            throw new KernelException("open", path.toString(), Libc.errno());
        }
        return fd;
    }

    /** Closes this one with the others. */
    int adopt(int fd) {
        open.push(fd);
        return fd;
    }

    /**
     * Another descriptor of the same open file, close-on-exec, with a number no smaller than this: a child can give all
     * smaller numbers new meanings without losing it.
     */
    int duplicateAbove(int smallest, int fd) throws KernelException {
        return adopt(duplicate(smallest, fd));
    }

    static int duplicate(int smallest, int fd) throws KernelException {
        final int duplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC
        int copy = Libc.fcntl(fd, duplicateCloseOnExec, smallest);
        if (copy < 0) {
            throw new KernelException("fcntl", "F_DUPFD_CLOEXEC", Libc.errno());
        }
        return copy;
    }

    static int makeNonBlocking(int fd) throws KernelException {
        final int setFlags = 4; // F_SETFL
        if (Libc.fcntl(fd, setFlags, Libc.O_NONBLOCK) < 0) {
            throw new KernelException("fcntl", "O_NONBLOCK", Libc.errno());
        }
        return fd;
    }

    @Override
    public void close() {
        open.forEach(Libc::close);
        open.clear();
    }
}
