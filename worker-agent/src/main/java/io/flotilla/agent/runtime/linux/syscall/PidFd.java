package io.flotilla.agent.runtime.linux.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** waitid(2) and ioctl(2) on a process file descriptor. Never blocks but where said. */
public final class PidFd {
    private static final int P_PIDFD = 3;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int EINTR = 4;

    private static final int SIGINFO_BYTES = 128;
    private static final int SI_CODE = 8;
    private static final int SI_PID = 16;
    private static final int SI_STATUS = 24;
    private static final int CLD_EXITED = 1;

    // linux/pidfd.h: PIDFD_GET_INFO, since Linux 6.13; PIDFD_INFO_EXIT since 6.15
    private static final long PIDFD_GET_INFO = 0xC040_FF0BL;
    private static final int INFO_BYTES = 64;
    private static final long PIDFD_INFO_PID = 1;
    private static final long PIDFD_INFO_EXIT = 8;
    private static final int INFO_EXIT_CODE = 60;

    private PidFd() {}

    /** The status of an ended child of ours, which is then gone; empty while it runs or when it is not our child. */
    public static Optional<ExitStatus> reap(int pidfd) {
        return waitId(pidfd, WEXITED | WNOHANG);
    }

    /** Blocks until the child, which must be ours and be ending, has ended. */
    static ExitStatus waitAndReap(int pidfd) {
        return waitId(pidfd, WEXITED)
                .orElseThrow(() -> new IllegalStateException("waitid on a child of ours: errno " + Libc.errno()));
    }

    private static Optional<ExitStatus> waitId(int pidfd, int options) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(SIGINFO_BYTES, Long.BYTES);
            int result;
            do {
                result = Libc.waitid(P_PIDFD, pidfd, info.address(), options);
            } while (result < 0 && Libc.errno() == EINTR);
            if (result < 0 || info.get(ValueLayout.JAVA_INT, SI_PID) == 0) {
                return Optional.empty();
            }
            int status = info.get(ValueLayout.JAVA_INT, SI_STATUS);
            return Optional.of(
                    info.get(ValueLayout.JAVA_INT, SI_CODE) == CLD_EXITED
                            ? new ExitStatus(status & 0xff, 0)
                            : new ExitStatus(0, status));
        }
    }

    /** The status of a process that somebody else has reaped, where this kernel keeps it with the pidfd. */
    public static Optional<ExitStatus> statusAfterReaping(int pidfd) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(INFO_BYTES, Long.BYTES);
            info.set(ValueLayout.JAVA_LONG, 0, PIDFD_INFO_PID | PIDFD_INFO_EXIT);
            if (Libc.ioctl(pidfd, PIDFD_GET_INFO, info.address()) < 0
                    || (info.get(ValueLayout.JAVA_LONG, 0) & PIDFD_INFO_EXIT) == 0) {
                return Optional.empty();
            }
            return Optional.of(ExitStatus.ofWaitStatus(info.get(ValueLayout.JAVA_INT, INFO_EXIT_CODE)));
        }
    }

    /**
     * Waits until the process has ended.
     *
     * @return false when it had not within the time
     */
    public static boolean awaitEnd(int pidfd, int timeoutMs) {
        final short pollIn = 1;
        long deadline = System.nanoTime() + timeoutMs * 1_000_000L;
        try (var arena = Arena.ofConfined()) {
            MemorySegment pollfd = arena.allocate(8, 4);
            pollfd.set(ValueLayout.JAVA_INT, 0, pidfd);
            pollfd.set(ValueLayout.JAVA_SHORT, 4, pollIn);
            int ready;
            do {
                long leftMs = Math.max(0, (deadline - System.nanoTime()) / 1_000_000L);
                ready = Libc.poll(pollfd.address(), 1, (int) leftMs);
            } while (ready < 0 && Libc.errno() == EINTR);
            return ready > 0;
        }
    }
}
