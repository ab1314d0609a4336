package io.flotilla.agent;

import io.flotilla.agent.reconcile.Outbox;
import io.flotilla.bus.report.Report;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Says each second, by the monotonic clock, that the node is there. */
final class Heartbeat implements AutoCloseable {
    private final String nodeId;
    private final String session;
    private final Outbox outbox;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("agent-heartbeat").daemon().factory());
    private final Runnable beforeBeat;
    private long sequence;

    /** @param beforeBeat run with each beat, on the heartbeat's thread: short, and without exceptions */
    Heartbeat(String nodeId, String session, Outbox outbox, Runnable beforeBeat) {
        this.beforeBeat = beforeBeat;
        this.nodeId = nodeId;
        this.session = session;
        this.outbox = outbox;
    }

    void start() {
        var beating = timer.scheduleAtFixedRate(this::beat, 0, 1, TimeUnit.SECONDS);
        if (beating.isCancelled()) {
            throw new IllegalStateException("the heartbeat was not scheduled");
        }
    }

    private void beat() {
        beforeBeat.run();
        outbox.report("heartbeat", new Report.Heartbeat(nodeId, session, ++sequence));
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
