package io.flotilla.bus.memory;

import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The bus for one thread, without time of its own: what is published is stored at once and read when the caller delivers,
 * to all or to one subscription, so a simulator decides every delay. Retention follows the given clock; compaction happens
 * on demand.
 */
public final class MemoryBus implements Bus {
    private record Partition(Topic topic, int number) {}

    private static final class Log {
        final TreeMap<Long, InRecord> records = new TreeMap<>();
        long end;
    }

    private final InstantSource clock;
    private final Map<Partition, Log> logs = new LinkedHashMap<>();
    private final Map<String, Object> publishers = new HashMap<>();
    private final List<MemorySubscription> subscriptions = new ArrayList<>();
    private @Nullable BusException outage;
    private boolean closed;

    public MemoryBus(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public void createTopics() throws BusException {
        check();
    }

    @Override
    public CompletableFuture<Long> publish(OutRecord record) {
        try {
            check(record);
            return CompletableFuture.completedFuture(append(record));
        } catch (BusException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public TransactionalPublisher transactional(String id) throws BusException {
        check();
        var token = new Object();
        publishers.put(id, token);
        return new TransactionalPublisher() {
            private boolean ended;

            @Override
            public void publish(List<OutRecord> records) throws BusException {
                if (publishers.get(id) != token) {
                    throw new BusException.Fenced("publishing as " + id + ": another publisher has taken over", null);
                }
                if (ended) {
                    throw new BusException("publisher " + id + " is closed", false, null);
                }
                for (OutRecord record : records) {
                    check(record);
                }
                records.forEach(MemoryBus.this::append);
            }

            @Override
            public void close() {
                ended = true;
            }
        };
    }

    @Override
    public MemorySubscription subscribe(Topic topic, Map<Integer, Position> from, Reader reader) {
        Map<Integer, Long> next = new TreeMap<>();
        from.forEach((partition, position) -> {
            Log log = log(topic, partition);
            next.put(
                    partition,
                    switch (position) {
                        case Position.Beginning beginning -> 0L;
                        case Position.End end -> log.end;
                        case Position.Offset(long offset) -> offset;
                        case Position.Time(Instant time) ->
                            log.records.values().stream()
                                    .filter(record -> !record.time().isBefore(time))
                                    .findFirst()
                                    .map(InRecord::offset)
                                    .orElse(log.end);
                    });
        });
        var subscription = new MemorySubscription(this, topic, next, reader);
        subscriptions.add(subscription);
        return subscription;
    }

    @Override
    public List<InRecord> latest(Topic topic, Collection<Integer> partitions) throws BusException {
        check();
        List<InRecord> latest = new ArrayList<>();
        partitions.stream().sorted().forEach(partition -> latest.addAll(last(log(topic, partition))));
        latest.removeIf(record -> record.value() == null);
        return latest;
    }

    @Override
    public void close() {
        closed = true;
        List.copyOf(subscriptions).forEach(MemorySubscription::close);
    }

    // ---- what a simulator does

    /** Lets every subscription read what there is; true when one did. */
    public boolean deliver() {
        boolean delivered = false;
        for (MemorySubscription subscription : List.copyOf(subscriptions)) {
            delivered |= subscription.deliver();
        }
        return delivered;
    }

    /** Until it is ended with null, every call fails with the reason and nothing is delivered. */
    public void outage(@Nullable BusException reason) {
        outage = reason;
        if (reason != null) {
            List.copyOf(subscriptions).forEach(subscription -> subscription.interrupt(reason));
        }
    }

    /** Forgets what a later record of the same key replaces, and all that removes a key, as Kafka does some time. */
    public void compact() {
        compact(Duration.ZERO);
    }

    /** @param removals how long a record that removes its key is kept at least */
    public void compact(Duration removals) {
        Instant oldest = clock.instant().minus(removals);
        logs.forEach((partition, log) -> {
            if (partition.topic().compacted()) {
                var kept = last(log);
                log.records.clear();
                kept.stream()
                        .filter(record ->
                                record.value() != null || record.time().isAfter(oldest))
                        .forEach(record -> log.records.put(record.offset(), record));
            }
        });
    }

    // ---- for subscriptions

    boolean reachable() {
        return outage == null && !closed;
    }

    void ended(MemorySubscription subscription) {
        subscriptions.remove(subscription);
    }

    List<InRecord> from(Topic topic, int partition, long offset) {
        return List.copyOf(log(topic, partition).records.tailMap(offset).values());
    }

    private static Collection<InRecord> last(Log log) {
        Map<String, InRecord> last = new HashMap<>();
        log.records.values().forEach(record -> last.put(record.key(), record));
        var byOffset = new TreeMap<Long, InRecord>();
        last.values().forEach(record -> byOffset.put(record.offset(), record));
        return byOffset.values();
    }

    private long append(OutRecord out) {
        Log log = log(out.topic(), out.partition());
        long offset = log.end++;
        Instant now = clock.instant();
        byte[] value = out.value();
        log.records.put(
                offset,
                new InRecord(
                        out.topic(),
                        out.partition(),
                        offset,
                        now,
                        out.key(),
                        value == null ? null : value.clone(),
                        out.index(),
                        out.endOfBatch()));
        if (!out.topic().compacted()) {
            Instant oldest = now.minus(out.topic().retention());
            while (log.records.firstEntry().getValue().time().isBefore(oldest)) {
                log.records.pollFirstEntry();
            }
        }
        return offset;
    }

    private Log log(Topic topic, int partition) {
        if (partition < 0 || partition >= topic.partitions()) {
            throw new IllegalArgumentException(topic.topicName() + " has no partition " + partition);
        }
        return logs.computeIfAbsent(new Partition(topic, partition), unknown -> new Log());
    }

    private void check() throws BusException {
        if (closed) {
            throw new BusException("the bus is closed", false, null);
        }
        if (outage != null) {
            throw outage;
        }
    }

    private void check(OutRecord record) throws BusException {
        check();
        record.checkSize();
    }
}
