package io.flotilla.manager.control;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Counters of this manager since it started. Thread-safe. */
public final class ControlMetrics {
    private final LongAdder batches = new LongAdder();
    private final LongAdder changes = new LongAdder();
    private final LongAdder commands = new LongAdder();
    private final LongAdder refusals = new LongAdder();
    private final LongAdder reports = new LongAdder();
    private final LongAdder unreadableReports = new LongAdder();
    private final LongAdder proposeNanos = new LongAdder();
    private final AtomicLong longestProposeNanos = new AtomicLong();

    /**
     * @param batches that this manager proposed and that committed
     * @param changes of objects in them
     * @param unreadableReports records of flotilla.reports that were passed over
     * @param proposeNanos from proposing to having applied, summed over the batches
     */
    public record Snapshot(
            long batches,
            long changes,
            long commands,
            long refusals,
            long reports,
            long unreadableReports,
            long proposeNanos,
            long longestProposeNanos) {}

    public Snapshot snapshot() {
        return new Snapshot(
                batches.sum(),
                changes.sum(),
                commands.sum(),
                refusals.sum(),
                reports.sum(),
                unreadableReports.sum(),
                proposeNanos.sum(),
                longestProposeNanos.get());
    }

    void committed(int changed, long nanos) {
        batches.increment();
        changes.add(changed);
        proposeNanos.add(nanos);
        longestProposeNanos.accumulateAndGet(nanos, Math::max);
    }

    void asked() {
        commands.increment();
    }

    void refused() {
        refusals.increment();
    }

    void reported(boolean readable) {
        (readable ? reports : unreadableReports).increment();
    }
}
