package io.flotilla.manager.control;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import java.util.concurrent.CompletableFuture;

/**
 * The leader's own record on flotilla.reports, once a beat. One at a time: while the last is still on its way the bus is
 * not well, and its absence is the very sign. Used by one thread, which a dead bus may block.
 */
public final class Canary {
    private final Bus bus;
    private final String managerId;
    private CompletableFuture<Long> underWay = CompletableFuture.completedFuture(0L);
    private long sequence;

    public Canary(Bus bus, String managerId) {
        this.bus = bus;
        this.managerId = managerId;
    }

    public void beat() {
        if (!underWay.isDone()) {
            return;
        }
        underWay = bus.publish(new OutRecord(
                Topic.REPORTS,
                Topic.REPORTS.partitionOf(managerId),
                managerId,
                Codec.JSON.encode(new Report.Canary(managerId, ++sequence)),
                0,
                false));
    }
}
