package io.flotilla.bus.topic;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The bus as the rest of Flotilla sees it; Kafka behind it in production, memory in the simulator, and one contract suite
 * for both. Records of one partition keep their order.
 */
public interface Bus extends AutoCloseable {

    /** The longest value of a record. */
    int MAX_VALUE_BYTES = 4 * 1024 * 1024 - 64 * 1024;

    /** Creates the topics that are missing. Blocks until the bus has them or fails. */
    void createTopics() throws BusException;

    /**
     * Publishes one record durably and idempotently; completes with its offset. At most a bounded number are under way:
     * beyond it the call blocks, and fails after the publisher's delivery timeout.
     */
    CompletableFuture<Long> publish(OutRecord record);

    /**
     * The one dispatcher's way to publish, its to close. Opening with the same id fences every earlier one: its next publish fails with
     * {@link BusException.Fenced}.
     *
     * <p>Nothing acknowledged is lost, but what was acknowledged just before a broker was killed may stay out of sight, of
     * {@link #latest} too, until the next batch on its partition: so a dispatcher that starts compares with the state it
     * publishes and not with what it remembers.
     */
    TransactionalPublisher transactional(String id) throws BusException;

    interface TransactionalPublisher extends AutoCloseable {
        /** Publishes all or nothing; returns when it is durable. Blocks: not for a virtual thread pinned by others. */
        void publish(List<OutRecord> records) throws BusException;

        @Override
        void close();
    }

    /**
     * Follows partitions of a topic on a thread of its own, calling the reader serially, from the given positions on.
     * Only committed records are seen. Reconnects by itself; the reader is told in {@link Reader#interrupted}.
     */
    Subscription subscribe(Topic topic, Map<Integer, Position> from, Reader reader);

    /** Where to begin in a partition. */
    sealed interface Position {
        record Beginning() implements Position {}

        /** After the last record there is when the subscription begins. */
        record End() implements Position {}

        record Offset(long offset) implements Position {}

        /** The first record at or after the time. */
        record Time(Instant time) implements Position {}
    }

    interface Reader {
        /** What arrived since the last call, in partition order, never empty. Throwing ends the subscription. */
        void read(List<InRecord> records);

        /**
         * Once, when everything that was there at the beginning has been read (also when there was nothing). A reader from
         * the end misses nothing that is published after this call.
         */
        default void caughtUp() {}

        /**
         * The bus does not answer; reading goes on by itself when it does. The removal of a key is kept for an hour: a
         * reader that was interrupted for longer begins anew.
         */
        default void interrupted(BusException reason) {}

        /** The subscription ended, because the reader threw or the bus refuses it; nothing is read any more. */
        void failed(Throwable cause);
    }

    interface Subscription extends AutoCloseable {
        /** Stops; after return the reader is not called any more. */
        @Override
        void close();
    }

    /**
     * The last record of each key of a compacted topic's partitions, for a dispatcher that starts; keys that were removed are
     * left out. Ordered by partition and offset, bounded by the topic.
     */
    List<InRecord> latest(Topic topic, Collection<Integer> partitions) throws BusException;

    /** Ends every subscription and what {@link #publish} uses. */
    @Override
    void close();
}
