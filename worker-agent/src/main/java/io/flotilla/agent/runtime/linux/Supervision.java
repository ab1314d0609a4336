package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.linux.ReadinessLoop.Registration;
import io.flotilla.agent.runtime.linux.syscall.ExitStatus;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.linux.syscall.PidFd;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One running process, a container's first or one executed in it: reads its output as it comes, and notices its end.
 * Everything after {@link #begin} happens on the loop's thread. Owns the process's descriptors, and closes them when it has
 * ended or the loop does. The exit is told after the last byte of output.
 */
final class Supervision {
    private static final int MAX_STATUS_READS = 3;

    private final RunningProcess process;
    private final SharedDescriptor pidfd;
    private final Watched watched;
    private final OutputReader output;
    private final ExitExtras extras;
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();
    private final ReadinessLoop loop;

    /** What else belongs to the process's end. */
    interface ExitExtras {
        /** Whether the out-of-memory killer ended a process of the container. */
        default boolean oomKilled() throws IOException {
            return false;
        }

        /** The process has ended. */
        void ended();

        /** It runs, and nobody watches it any more. */
        void abandoned();
    }

    /** The process whose end is the end: the same, but for a container that another runtime runs. */
    record Watched(RunningProcess process, SharedDescriptor pidfd) {}

    Supervision(
            RunningProcess process,
            SharedDescriptor pidfd,
            OutputReader output,
            ReadinessLoop loop,
            ExitExtras extras) {
        this(process, pidfd, new Watched(process, pidfd), output, loop, extras);
    }

    Supervision(
            RunningProcess process,
            SharedDescriptor pidfd,
            Watched watched,
            OutputReader output,
            ReadinessLoop loop,
            ExitExtras extras) {
        this.process = process;
        this.pidfd = pidfd;
        this.watched = watched;
        this.output = output;
        this.loop = loop;
        this.extras = extras;
    }

    RunningProcess process() {
        return process;
    }

    SharedDescriptor pidfd() {
        return pidfd;
    }

    OutputReader output() {
        return output;
    }

    CompletableFuture<Exit> exit() {
        return exit;
    }

    boolean hasEnded() {
        return exit.isDone();
    }

    /** pidfd_send_signal(2); nothing happens when the process has ended. */
    void signal(int signal) throws KernelException {
        int errno = pidfd.signal(signal);
        if (errno != 0 && errno != Errno.ESRCH) {
            throw new KernelException("pidfd_send_signal", "signal " + signal, errno);
        }
    }

    /** Registers with the loop, which owns the descriptors from now on; on failure they are still the caller's. */
    void begin() throws KernelException {
        output.begin();
        try {
            loop.add(watched.pidfd().number(), new ReadinessLoop.Handler() {
                @Override
                public void ready(Registration self) {
                    loop.remove(self);
                    end();
                }

                @Override
                public void abandoned() {
                    close();
                    extras.abandoned();
                    exit.cancel(false);
                }
            });
        } catch (KernelException e) {
            output.unregister();
            throw e;
        }
    }

    private void close() {
        output.close();
        pidfd.close();
        watched.pidfd().close();
    }

    private void release() {
        close();
        extras.ended();
    }

    private void end() {
        Instant noticedAt = Instant.now();
        try {
            // at once: until it is reaped its pid namespace, were it in a container's, can't end
            Exit told = status().map(status -> new Exit(status.shellCode(), false, noticedAt, true))
                    .orElseGet(() -> Exit.unknown(noticedAt));
            output.finish(() -> complete(told));
        } catch (IOException e) {
            release();
            exit.completeExceptionally(e);
        }
    }

    private void complete(Exit told) {
        try {
            boolean oomKilled = extras.oomKilled();
            release();
            exit.complete(new Exit(told.exitCode(), oomKilled, told.finishedAt(), told.known()));
        } catch (IOException e) {
            release();
            exit.completeExceptionally(e);
        }
    }

    /** Reaps a child; of a process an earlier agent started, asks the kernel (see pidfd_open(2), proc_pid_stat(5)). */
    private Optional<ExitStatus> status() throws IOException {
        Optional<ExitStatus> reaped = PidFd.reap(watched.pidfd().number());
        if (reaped.isPresent()) {
            return reaped;
        }
        // a zombie until its new parent reaps it, then in the pidfd: whichever it is, one of two looks in turn sees it
        for (int i = 0; i < MAX_STATUS_READS; i++) {
            Optional<ExitStatus> zombie = ProcessStat.read(watched.process().pid())
                    .filter(stat -> stat.startTimeTicks() == watched.process().startTimeTicks())
                    .flatMap(ProcessStat::exitStatus);
            Optional<ExitStatus> found = zombie.isPresent()
                    ? zombie
                    : PidFd.statusAfterReaping(watched.pidfd().number());
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** Ends and reaps a child that can't be watched: nobody would ever notice its end. */
    static void abort(int pidfd) {
        Libc.pidfdSendSignal(pidfd, Removal.SIGKILL);
        PidFd.awaitEnd(pidfd, Removal.END_TIMEOUT_MS);
        PidFd.reap(pidfd);
        Libc.close(pidfd);
    }

    /** Streams that end with their process. */
    static List<OutputReader.Source> sources(SharedDescriptor out, SharedDescriptor err) {
        return List.of(new OutputReader.Source(Stream.STDOUT, out), new OutputReader.Source(Stream.STDERR, err));
    }
}
