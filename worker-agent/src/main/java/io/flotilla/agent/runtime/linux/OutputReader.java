package io.flotilla.agent.runtime.linux;

import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.linux.ReadinessLoop.Registration;
import io.flotilla.agent.runtime.linux.syscall.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads a process's output as it comes and hands it to its sink, no faster than that takes it: while the sink has no room
 * nothing is read, the pipe fills up, and the process waits in its write. Owns the descriptors it reads. All on the loop's
 * thread but where said.
 */
final class OutputReader {
    private static final Logger LOG = Logger.getLogger(OutputReader.class);
    private static final int READ_BYTES = 64 * 1024;
    /** A sink that takes nothing must not keep an ended process from being told. */
    private static final long UNTAKEN_OUTPUT_S = 10;

    private final String owner;
    private final List<Source> sources;
    private final MemorySegment buffer;
    private final OutputSink sink;
    private final ReadinessLoop loop;
    /** At most one request to go on waits for the loop. */
    private final AtomicBoolean resuming = new AtomicBoolean();

    private boolean blocked;
    /** What the sink gives no room for is dropped. */
    private boolean discarding;
    /** What to do after the last byte; null while the process runs. */
    private @Nullable Runnable whenFinished;

    /** One stream; ended when it has no writer any more. */
    static final class Source {
        private final Stream stream;
        private final SharedDescriptor descriptor;
        /** What the pipe can hold: no more was written before the process ended. */
        private long leftToDrain;

        private @Nullable Registration registration;
        private boolean ended;

        /** @param descriptor non-blocking */
        Source(Stream stream, SharedDescriptor descriptor) {
            final int getPipeSize = 1032; // F_GETPIPE_SZ
            this.stream = stream;
            this.descriptor = descriptor;
            this.leftToDrain = Math.max(READ_BYTES, Libc.fcntl(descriptor.number(), getPipeSize, 0));
        }

        void close() {
            descriptor.close();
        }
    }

    /** The buffer of one loop, which reads one stream at a time. */
    static MemorySegment newBuffer() {
        return Arena.ofAuto().allocate(READ_BYTES);
    }

    /** @param owner in the words of a log message */
    OutputReader(String owner, List<Source> sources, MemorySegment buffer, OutputSink sink, ReadinessLoop loop) {
        this.owner = owner;
        this.sources = List.copyOf(sources);
        this.buffer = buffer;
        this.sink = sink;
        this.loop = loop;
    }

    /** Begins to read; on any thread. On failure the descriptors are still the caller's. */
    void begin() throws KernelException {
        try {
            register();
        } catch (KernelException e) {
            unregister();
            throw e;
        }
    }

    private void register() throws KernelException {
        for (Source source : sources) {
            if (!source.ended && source.registration == null) {
                source.registration = loop.add(source.descriptor.number(), new OnLoop(source));
            }
        }
    }

    void unregister() {
        for (Source source : sources) {
            if (source.registration != null) {
                loop.remove(source.registration);
                source.registration = null;
            }
        }
    }

    private final class OnLoop implements ReadinessLoop.Handler {
        private final Source source;

        OnLoop(Source source) {
            this.source = source;
        }

        @Override
        public void ready(Registration self) {
            read(source);
        }

        @Override
        public void abandoned() {
            source.close();
        }
    }

    /** The sink has room again; on any thread. */
    void resume() {
        if (resuming.compareAndSet(false, true)) {
            loop.execute(() -> {
                resuming.set(false);
                goOn();
            });
        }
    }

    /** Nothing more is wanted; on any thread. */
    void discard() {
        loop.execute(() -> {
            discarding = true;
            goOn();
        });
    }

    private void goOn() {
        if (!blocked) {
            return;
        }
        blocked = false;
        if (whenFinished != null) {
            drain();
            return;
        }
        try {
            register();
        } catch (KernelException e) {
            sinkFails(e);
        }
    }

    /** The process has ended: what its pipes still hold is all there is. Then they are closed and {@code then} runs. */
    void finish(Runnable then) {
        whenFinished = then;
        unregister();
        if (blocked) {
            CompletableFuture.delayedExecutor(UNTAKEN_OUTPUT_S, TimeUnit.SECONDS)
                    .execute(this::discard);
        } else {
            drain();
        }
    }

    private void drain() {
        for (Source source : sources) {
            while (!source.ended && source.leftToDrain > 0) {
                long count = read(source);
                if (count <= 0) {
                    break;
                }
                source.leftToDrain -= count;
                if (blocked) {
                    CompletableFuture.delayedExecutor(UNTAKEN_OUTPUT_S, TimeUnit.SECONDS)
                            .execute(this::discard);
                    return;
                }
            }
        }
        sources.forEach(this::end);
        close();
        if (whenFinished != null) {
            whenFinished.run();
        }
    }

    /** Closes the descriptors without a word to the sink. */
    void close() {
        sources.forEach(source -> source.close());
    }

    /** @return bytes read; 0 or negative when there is nothing more now */
    private long read(Source source) {
        long count = Libc.read(source.descriptor.number(), buffer.address(), READ_BYTES);
        if (count > 0 && !discarding) {
            try {
                boolean room = sink.write(
                        source.stream, buffer.asSlice(0, count).asByteBuffer().asReadOnlyBuffer());
                if (!room) {
                    blocked = true;
                    unregister();
                }
            } catch (RuntimeException e) {
                sinkFails(e);
            }
        } else if (count == 0 || count < 0 && Libc.errno() == Errno.EIO) {
            // a pipe without writers, or a terminal that was hung up
            end(source);
        }
        return count;
    }

    private void end(Source source) {
        if (source.ended) {
            return;
        }
        source.ended = true;
        if (source.registration != null) {
            loop.remove(source.registration);
            source.registration = null;
        }
        try {
            sink.end(source.stream);
        } catch (RuntimeException e) {
            sinkFails(e);
        }
    }

    /** Output that nobody takes is dropped: the process must not stop for it, nor the loop for one process. */
    private void sinkFails(Exception e) {
        if (!discarding) {
            discarding = true;
            LOG.errorf(e, "the output of %s is lost from here on: its sink failed", owner);
        }
    }
}
