package io.flotilla.bus.kafka;

import io.flotilla.bus.topic.InRecord;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/**
 * What a transaction of this process has put on one partition, handed to this process' subscriptions as soon as the
 * transaction is decided: to fetch it they would have to wait for its marker and ask the broker.
 *
 * @param before offset of the last record that the same publisher's transaction before put there, -1 when unknown: what is
 *     between the two, if it is one offset, is that transaction's marker
 * @param records in order; between them may be another producer's
 */
record Committed(TopicPartition partition, long before, List<InRecord> records) {
    long first() {
        return records.getFirst().offset();
    }

    /** The offset after the last record. */
    long end() {
        return records.getLast().offset() + 1;
    }

    /** Whether a reader that has had everything before an offset misses nothing when it is given this next. */
    boolean follows(long next) {
        // an offset is -1 when the broker recognized a repeated request: then nothing is known
        boolean whole = first() >= 0 && end() - first() == records.size();
        return whole && (first() == next || first() == next + 1 && before == next - 1);
    }
}
