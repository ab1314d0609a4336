package io.flotilla.agent.image.registry;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Breaks off transfers that stand still: java.net.http limits the wait for an answer's head and not that for its body. One
 * thread for all of them, which only closes streams.
 */
final class StallGuard implements AutoCloseable {
    private final ScheduledThreadPoolExecutor timer;
    private final Duration limit;

    StallGuard(Duration limit) {
        this.limit = limit;
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("registry-stalls").factory());
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(10, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
    }

    Duration limit() {
        return limit;
    }

    /** @param what is read, for the message */
    InputStream guard(InputStream body, String what) {
        return new Guarded(body, what);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private final class Guarded extends FilterInputStream {
        private final String what;
        private final ScheduledFuture<?> watch;
        private volatile long readAtNanos = System.nanoTime();
        private volatile boolean reading;
        private volatile boolean stalled;

        Guarded(InputStream body, String what) {
            super(body);
            this.what = what;
            long period = Math.max(1, limit.toNanos() / 4);
            this.watch = timer.scheduleWithFixedDelay(this::look, period, period, TimeUnit.NANOSECONDS);
        }

        private void look() {
            // a reader that takes its time is no stall
            if (reading && System.nanoTime() - readAtNanos > limit.toNanos()) {
                stalled = true;
                try {
                    in.close();
                } catch (IOException ignored) {
                    return; // the reader fails in any case, and says why
                }
            }
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            readAtNanos = System.nanoTime();
            reading = true;
            try {
                int count = in.read(into, offset, length);
                if (stalled) {
                    throw new IOException("closed");
                }
                return count;
            } catch (IOException e) {
                throw stalled
                        ? new IOException(what + ": no data for " + limit.toSeconds() + " s", e)
                        : new IOException(what + ": " + HttpFailures.reason(e), e);
            } finally {
                reading = false;
            }
        }

        @Override
        public void close() throws IOException {
            watch.cancel(false);
            super.close();
        }
    }
}
