package io.flotilla.bus.kafka;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/**
 * How far this process' transactions have come on each partition. For a moment after a commit, until its markers are
 * written, a consumer is not told of that end; who asks for what there is must not miss what was acknowledged. An end is
 * forgotten after a while, when a broker that has it names it itself. Thread-safe.
 */
final class CommittedEnds {
    private record End(long offset, long atNs) {}

    private final Map<TopicPartition, End> ends = new ConcurrentHashMap<>();
    private final long keptNs;

    /** @param kept longer than markers take */
    CommittedEnds(Duration kept) {
        this.keptNs = kept.toNanos();
    }

    void reached(List<Committed> transaction) {
        long now = System.nanoTime();
        transaction.forEach(committed -> ends.put(committed.partition(), new End(committed.end(), now)));
    }

    /** The offset after the last record that was committed lately, 0 when none was. */
    long of(TopicPartition partition) {
        End end = ends.get(partition);
        return end == null || System.nanoTime() - end.atNs() > keptNs ? 0 : end.offset();
    }
}
