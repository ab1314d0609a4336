package io.flotilla.agent.health;

import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.bus.schema.HealthcheckResult;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Probes one run of one container, one probe at a time, until it is stopped. All its state is used on the container's own
 * queue only; timers and exits put themselves there.
 */
public final class HealthMonitor {
    private static final int SIGKILL = 9;

    private final HealthCheck check;
    private final Instant startedAt;
    private final Probed probed;
    private final InstantSource clock;
    private boolean stopped;
    private @Nullable ExecProcess running;

    /** The container, as its monitor needs it. */
    public interface Probed {
        /** Runs a command in the container. */
        ExecProcess exec(List<String> command, OutputSink output) throws IOException;

        /** Its health's status now. */
        @Nullable
        String status();

        /** One more result; on the container's queue. */
        void result(HealthcheckResult result);

        /** Runs on the container's queue, at once or after a time. */
        void onQueue(Duration delay, Runnable job);
    }

    public HealthMonitor(HealthCheck check, Instant startedAt, Probed probed, InstantSource clock) {
        this.check = check;
        this.startedAt = startedAt;
        this.probed = probed;
        this.clock = clock;
    }

    /** On the queue, as is {@link #stop}. */
    public void start() {
        next();
    }

    /** No result comes any more; a probe under way is killed. @throws IOException when it could not be */
    public void stop() throws IOException {
        stopped = true;
        ExecProcess probe = running;
        running = null;
        if (probe != null) {
            probe.signal(SIGKILL);
        }
    }

    private void next() {
        probed.onQueue(check.untilNext(startedAt, clock.instant(), probed.status()), this::probe);
    }

    private void probe() {
        if (stopped) {
            return;
        }
        Instant start = clock.instant();
        ProbeOutput output = new ProbeOutput();
        ExecProcess process;
        try {
            process = probed.exec(check.command(), output);
        } catch (IOException e) {
            finish(start, -1, String.valueOf(e.getMessage()));
            return;
        }
        running = process;
        CompletableFuture<Exit> exit =
                process.exit().copy().orTimeout(check.timeout().toMillis(), TimeUnit.MILLISECONDS);
        var told = exit.whenComplete(
                (ended, failure) -> probed.onQueue(Duration.ZERO, () -> over(process, start, ended, failure, output)));
        if (told.isCancelled()) {
            throw new IllegalStateException("nobody cancels a probe");
        }
    }

    private void over(
            ExecProcess process, Instant start, @Nullable Exit ended, @Nullable Throwable failure, ProbeOutput output) {
        running = null;
        if (stopped) {
            return;
        }
        if (ended != null) {
            finish(start, ended.exitCode(), output.text());
        } else if (failure instanceof TimeoutException) {
            String killed = kill(process);
            finish(
                    start,
                    -1,
                    "Health check exceeded timeout (" + GoDuration.text(check.timeout()) + ")"
                            + (output.text().isEmpty() ? "" : ": " + output.text()) + killed);
        } else {
            finish(start, -1, String.valueOf(failure));
        }
    }

    /** What to add to the result when it could not be killed. */
    private static String kill(ExecProcess process) {
        try {
            process.signal(SIGKILL);
            return "";
        } catch (IOException e) {
            return ": " + e.getMessage();
        }
    }

    private void finish(Instant start, int exitCode, String output) {
        probed.result(new HealthcheckResult(start, clock.instant(), (long) exitCode, output));
        next();
    }
}
