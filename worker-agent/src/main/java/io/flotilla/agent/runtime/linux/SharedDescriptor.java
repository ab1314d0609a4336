package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.linux.syscall.Libc;

/** A descriptor that several threads use while one may close it: no call reaches a number that is another file's by then. */
final class SharedDescriptor implements AutoCloseable {
    private static final int CLOSED = -1;

    private int fd;

    SharedDescriptor(int fd) {
        this.fd = fd;
    }

    interface Call {
        int with(int fd) throws KernelException;
    }

    /** @return what the call does, or 0 when the descriptor is closed already */
    synchronized int use(Call call) throws KernelException {
        return fd == CLOSED ? 0 : call.with(fd);
    }

    /**
     * A copy for the caller to close.
     *
     * @throws KernelException EPIPE when it is closed
     */
    synchronized int duplicate(String what) throws KernelException {
        if (fd == CLOSED) {
            throw new KernelException("write", what, Errno.EPIPE);
        }
        return Descriptors.duplicate(0, fd);
    }

    /**
     * Of a pidfd: pidfd_send_signal(2).
     *
     * @return errno; 0 also when it is closed
     */
    synchronized int signal(int signal) {
        return fd != CLOSED && Libc.pidfdSendSignal(fd, signal) < 0 ? Libc.errno() : 0;
    }

    /** The number, for the one thread that also closes it. */
    synchronized int number() {
        return fd;
    }

    /** Idempotent. */
    @Override
    public synchronized void close() {
        if (fd != CLOSED) {
            Libc.close(fd);
            fd = CLOSED;
        }
    }
}
