package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.linux.ReadinessLoop.Registration;
import io.flotilla.agent.runtime.linux.syscall.ExitStatus;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import io.flotilla.agent.runtime.linux.syscall.PidFd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;

/**
 * One running container: reads its output as it comes, and notices its end. Everything after {@link #begin} happens on the
 * loop's thread. Owns the three descriptors, and closes them when the process has ended or the loop does. The exit is told
 * after the last byte of output.
 */
final class Supervision {
    private static final Logger LOG = Logger.getLogger(Supervision.class);
    private static final int READ_BYTES = 64 * 1024;
    private static final int MAX_STATUS_READS = 3;

    private final String containerId;
    private final RunningProcess process;
    private final boolean ownNetwork;
    private final int pidfd;
    private final List<Output> outputs;
    private final OutputSink sink;
    private final OomCheck oomCheck;
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();
    private final List<Registration> registrations = new ArrayList<>();
    // written by the loop under this object's lock, so that no signal goes to a pidfd that was closed
    private boolean over;
    private boolean sinkFailed;

    /** Whether the out-of-memory killer ended a process of the container. */
    interface OomCheck {
        boolean oomKilled() throws IOException;
    }

    private record Output(Stream stream, int fd, MemorySegment buffer, long pipeBytes) {
        static Output of(Stream stream, int fd, MemorySegment buffer) {
            final int getPipeSize = 1032; // F_GETPIPE_SZ
            return new Output(stream, fd, buffer, Math.max(READ_BYTES, Libc.fcntl(fd, getPipeSize, 0)));
        }
    }

    /** The buffer of one loop, which reads one stream at a time. */
    static MemorySegment newBuffer() {
        return Arena.ofAuto().allocate(READ_BYTES);
    }

    /** @param ownNetwork whether the interfaces the process sees are the container's and not the host's */
    Supervision(
            String containerId,
            RunningProcess process,
            boolean ownNetwork,
            int pidfd,
            OutputDescriptors descriptors,
            OutputSink sink,
            OomCheck oomCheck) {
        this.containerId = containerId;
        this.process = process;
        this.ownNetwork = ownNetwork;
        this.pidfd = pidfd;
        this.outputs = List.of(
                Output.of(Stream.STDOUT, descriptors.out(), descriptors.buffer()),
                Output.of(Stream.STDERR, descriptors.err(), descriptors.buffer()));
        this.sink = sink;
        this.oomCheck = oomCheck;
    }

    private Supervision(String containerId, RunningProcess process, OutputSink sink, Exit exit) {
        this.containerId = containerId;
        this.process = process;
        this.ownNetwork = false;
        this.pidfd = -1;
        this.outputs = List.of();
        this.sink = sink;
        this.oomCheck = () -> exit.oomKilled();
        this.over = true;
        this.exit.complete(exit);
    }

    /** Of a process that was gone when it was to be adopted: nothing is left to watch. */
    static Supervision ofGone(String containerId, RunningProcess process, OutputSink sink) {
        sink.end(Stream.STDOUT);
        sink.end(Stream.STDERR);
        return new Supervision(containerId, process, sink, Exit.unknown(Instant.now()));
    }

    /** Non-blocking read ends of the container's FIFOs, and where to read to. */
    record OutputDescriptors(int out, int err, MemorySegment buffer) {
        void close() {
            Libc.close(out);
            Libc.close(err);
        }
    }

    RunningProcess process() {
        return process;
    }

    boolean ownNetwork() {
        return ownNetwork;
    }

    /** pidfd_send_signal(2); nothing happens when the process has ended. */
    synchronized void signal(int signal) throws KernelException {
        if (!over && Libc.pidfdSendSignal(pidfd, signal) < 0 && Libc.errno() != Errno.ESRCH) {
            throw new KernelException("pidfd_send_signal", "signal " + signal, Libc.errno());
        }
    }

    CompletableFuture<Exit> exit() {
        return exit;
    }

    boolean hasEnded() {
        return exit.isDone();
    }

    /** Registers with the loop, which owns the descriptors from now on; on failure they are still the caller's. */
    synchronized void begin(ReadinessLoop loop) throws KernelException {
        try {
            for (Output output : outputs) {
                registrations.add(loop.add(output.fd(), new OnLoop(() -> read(output))));
            }
            // last: its handler removes all of them
            registrations.add(loop.add(pidfd, new OnLoop(() -> end(loop))));
        } catch (KernelException e) {
            over = true;
            registrations.forEach(loop::remove);
            throw e;
        }
    }

    private final class OnLoop implements ReadinessLoop.Handler {
        private final Runnable whenReady;

        OnLoop(Runnable whenReady) {
            this.whenReady = whenReady;
        }

        @Override
        public void ready() {
            if (!isOver()) {
                whenReady.run();
            }
        }

        @Override
        public void abandoned() {
            if (!isOver()) {
                closeAll();
                exit.cancel(false);
            }
        }
    }

    /** @return bytes read; 0 or negative when there is nothing more now */
    private long read(Output output) {
        long count = Libc.read(output.fd(), output.buffer().address(), READ_BYTES);
        if (count > 0 && !sinkFailed) {
            try {
                sink.write(
                        output.stream(),
                        output.buffer().asSlice(0, count).asByteBuffer().asReadOnlyBuffer());
            } catch (RuntimeException e) {
                sinkFails(e);
            }
        }
        return count;
    }

    /** Output that nobody takes is dropped: the container must not stop for it, nor the loop for one container. */
    private void sinkFails(RuntimeException e) {
        sinkFailed = true;
        LOG.errorf(e, "the output of container %s is lost from here on: its sink failed", containerId);
    }

    private void end(ReadinessLoop loop) {
        try {
            Exit told = status().map(status -> new Exit(status.shellCode(), false, Instant.now(), true))
                    .orElseGet(() -> Exit.unknown(Instant.now()));
            drain();
            removeAll(loop);
            closeAll();
            exit.complete(new Exit(told.exitCode(), oomCheck.oomKilled(), told.finishedAt(), told.known()));
        } catch (IOException e) {
            removeAll(loop);
            closeAll();
            exit.completeExceptionally(e);
        }
    }

    private synchronized void removeAll(ReadinessLoop loop) {
        registrations.forEach(loop::remove);
        registrations.clear();
    }

    private synchronized boolean isOver() {
        return over;
    }

    /** Reaps a child; of a process an earlier agent started, asks the kernel (see pidfd_open(2), proc_pid_stat(5)). */
    private Optional<ExitStatus> status() throws IOException {
        Optional<ExitStatus> reaped = PidFd.reap(pidfd);
        if (reaped.isPresent()) {
            return reaped;
        }
        // a zombie until its new parent reaps it, then in the pidfd: whichever it is, one of two looks in turn sees it
        for (int i = 0; i < MAX_STATUS_READS; i++) {
            Optional<ExitStatus> zombie = ProcessStat.read(process.pid())
                    .filter(stat -> stat.startTimeTicks() == process.startTimeTicks())
                    .flatMap(ProcessStat::exitStatus);
            Optional<ExitStatus> found = zombie.isPresent() ? zombie : PidFd.statusAfterReaping(pidfd);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** A FIFO that is open for writing here too has no end: what it still holds is all there is. */
    private void drain() {
        for (Output output : outputs) {
            // what the pipe can hold: no more was written before the process ended
            long left = output.pipeBytes();
            long count;
            do {
                count = read(output);
                left -= Math.max(0, count);
            } while (count > 0 && left > 0);
            if (!sinkFailed) {
                try {
                    sink.end(output.stream());
                } catch (RuntimeException e) {
                    sinkFails(e);
                }
            }
        }
    }

    private synchronized void closeAll() {
        if (over) {
            return;
        }
        over = true;
        outputs.forEach(output -> Libc.close(output.fd()));
        Libc.close(pidfd);
    }
}
