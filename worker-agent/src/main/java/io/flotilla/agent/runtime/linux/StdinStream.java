package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.linux.syscall.Libc;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes to a process's stdin or terminal, and waits while that is full; until the process ends or the stream is closed, by
 * any thread. Platform threads only. Owns its descriptors.
 */
final class StdinStream extends OutputStream {
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final short POLLIN = 1;
    private static final short POLLOUT = 4;
    private static final int POLLFD_BYTES = 8;
    private static final int REVENTS = 6;
    private static final int FOREVER = -1;
    private static final int EFD_CLOEXEC_NONBLOCK = 0x80000 | 0x800;

    private final int fd;
    private final int pidfd;
    private final int closing;
    private final Runnable whenClosed;
    private final ReentrantLock writing = new ReentrantLock();
    private final Object closeLock = new Object();
    private volatile boolean closed;

    /**
     * @param fd non-blocking
     * @param whenClosed runs once, after the descriptors are closed
     */
    private StdinStream(int fd, int pidfd, int closing, Runnable whenClosed) {
        this.fd = fd;
        this.pidfd = pidfd;
        this.closing = closing;
        this.whenClosed = whenClosed;
    }

    /** @param fd taken over, and closed when this fails */
    static StdinStream of(int fd, SharedDescriptor process, Runnable whenClosed) throws KernelException {
        int pidfd = -1;
        try {
            pidfd = process.duplicate("stdin");
            int closing = Libc.eventfd(0, EFD_CLOEXEC_NONBLOCK);
            if (closing < 0) {
                throw new KernelException("eventfd", "", Libc.errno());
            }
            return new StdinStream(fd, pidfd, closing, whenClosed);
        } catch (KernelException e) {
            Libc.close(fd);
            if (pidfd >= 0) {
                Libc.close(pidfd);
            }
            throw e;
        }
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        Objects.checkFromIndexSize(offset, count, bytes.length);
        writing.lock();
        try (var arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.clamp(count, 1, CHUNK_BYTES));
            MemorySegment polled = arena.allocate(3 * POLLFD_BYTES, 4);
            for (int done = 0; done < count; ) {
                int chunk = Math.min(count - done, CHUNK_BYTES);
                MemorySegment.copy(bytes, offset + done, buffer, ValueLayout.JAVA_BYTE, 0, chunk);
                done += writeSome(buffer, chunk, polled);
            }
        } finally {
            writing.unlock();
        }
    }

    private int writeSome(MemorySegment buffer, int count, MemorySegment polled) throws IOException {
        while (true) {
            requireOpen();
            long written = Libc.write(fd, buffer.address(), count);
            if (written >= 0) {
                return (int) written;
            }
            int errno = Libc.errno();
            if (errno == Errno.EAGAIN) {
                awaitRoom(polled);
            } else if (errno != Errno.EINTR) {
                throw brokenPipe(errno);
            }
        }
    }

    private void awaitRoom(MemorySegment polled) throws IOException {
        setPoll(polled, 0, fd, POLLOUT);
        setPoll(polled, 1, pidfd, POLLIN);
        setPoll(polled, 2, closing, POLLIN);
        if (Libc.poll(polled.address(), 3, FOREVER) < 0 && Libc.errno() != Errno.EINTR) {
            throw new KernelException("poll", "stdin", Libc.errno());
        }
        requireOpen();
        if (polled.get(ValueLayout.JAVA_SHORT, POLLFD_BYTES + REVENTS) != 0) {
            throw brokenPipe(Errno.EPIPE);
        }
    }

    private static void setPoll(MemorySegment polled, int index, int fd, short events) {
        long at = (long) index * POLLFD_BYTES;
        polled.set(ValueLayout.JAVA_INT, at, fd);
        polled.set(ValueLayout.JAVA_SHORT, at + 4, events);
        polled.set(ValueLayout.JAVA_SHORT, at + REVENTS, (short) 0);
    }

    /** A terminal that was hung up says EIO. */
    private static KernelException brokenPipe(int errno) {
        return new KernelException("write", "stdin", errno == Errno.EIO ? Errno.EPIPE : errno);
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("the stream was closed");
        }
    }

    /** Idempotent; ends a write that waits. */
    @Override
    public void close() {
        synchronized (closeLock) {
            if (closed) {
                return;
            }
            closed = true;
        }
        try (var arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(ValueLayout.JAVA_LONG);
            one.set(ValueLayout.JAVA_LONG, 0, 1);
            Libc.write(closing, one.address(), Long.BYTES);
        }
        writing.lock();
        try {
            Libc.close(fd);
            Libc.close(pidfd);
            Libc.close(closing);
        } finally {
            writing.unlock();
        }
        whenClosed.run();
    }
}
