package io.flotilla.agent.runtime.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A container writes no faster than its output is taken. */
class OutputPressureTest {
    private static final int LINES = 200_000;
    private static final int LINE_BYTES = 7;
    private static final long PIPE_AND_BUFFERS_BYTES = 3 * 64 * 1024;

    private static Box box;

    @BeforeAll
    static void open() throws Exception {
        box = new Box();
    }

    @AfterAll
    static void close() throws Exception {
        box.close();
    }

    /** Takes one buffer, and then says that it has no room. */
    private static final class SlowSink implements OutputSink {
        final AtomicLong taken = new AtomicLong();
        final Semaphore full = new Semaphore(0);

        @Override
        public boolean write(Stream stream, ByteBuffer bytes) {
            taken.addAndGet(bytes.remaining());
            full.release();
            return false;
        }

        @Override
        public void end(Stream stream) {}

        void awaitFull() throws InterruptedException {
            assertThat(full.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void nothingIsReadUntilTheSinkHasRoomAndNothingIsLost() throws Exception {
        RuntimeSpec spec = box.shell("seq 100000 " + (100_000 + LINES - 1));
        var sink = new SlowSink();
        box.runtime.create(spec);
        box.runtime.start(spec, sink);
        sink.awaitFull();

        // others are not held up by it
        assertThat(box.run("echo free").out()).isEqualTo("free\n");
        assertThat(sink.taken.get()).isLessThanOrEqualTo(PIPE_AND_BUFFERS_BYTES);
        assertThat(box.runtime.exit(spec.id())).isNotDone();

        while (sink.taken.get() < (long) LINES * LINE_BYTES) {
            box.runtime.resumeOutput(spec.id());
            sink.awaitFull();
        }
        box.runtime.resumeOutput(spec.id());
        assertThat(box.exit(spec).exitCode()).isZero();
        assertThat(sink.taken.get()).isEqualTo((long) LINES * LINE_BYTES);
        box.runtime.delete(spec.id());
    }

    @Test
    void containerWhoseOutputNobodyTakesCanBeRemoved() throws Exception {
        RuntimeSpec spec = box.shell("seq 10000000");
        var sink = new SlowSink();
        box.runtime.create(spec);
        box.runtime.start(spec, sink);
        sink.awaitFull();
        var exit = box.runtime.exit(spec.id());

        box.runtime.delete(spec.id());

        Exit told = exit.get(1, TimeUnit.SECONDS);
        assertThat(told.exitCode()).isEqualTo(137);
        assertThat(sink.taken.get()).isLessThanOrEqualTo(PIPE_AND_BUFFERS_BYTES);
    }
}
