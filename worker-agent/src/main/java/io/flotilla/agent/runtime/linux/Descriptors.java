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

    @Override
    public void close() {
        open.forEach(Libc::close);
        open.clear();
    }
}
