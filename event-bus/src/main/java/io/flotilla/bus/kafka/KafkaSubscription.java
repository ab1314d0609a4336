package io.flotilla.bus.kafka;

import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Follows partitions on a platform thread of its own (the consumer blocks in select). The consumer belongs to that thread;
 * others only wake it up. Kafka's consumer reconnects silently, so whether the bus answers is read from its connections.
 *
 * <p>What this process itself has committed is handed over and read at once, where it follows what was read; when it is
 * fetched later it is passed over. What can't be told to follow is left to be fetched, so that the reader sees the order and
 * the content of the partition, once, whichever way a record came.
 */
final class KafkaSubscription implements Bus.Subscription {
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration LOOKUP = Duration.ofSeconds(2);
    private static final long SILENCE_NS = Duration.ofSeconds(2).toNanos();
    /** Transactions that may wait for the reader; what is beyond is fetched. */
    private static final int MOST_HANDED_OVER = 64;

    /** What was read before it was fetched: these offsets of a partition. */
    private record Ahead(long first, long end) {}

    private final Topic topic;
    private final Map<TopicPartition, Bus.Position> from = new HashMap<>();
    private final Bus.Reader reader;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Metric connections;
    private final CommittedEnds committedEnds;
    private final Runnable onEnd;
    private final Thread thread;
    private final BlockingQueue<List<Committed>> handedOver = new ArrayBlockingQueue<>(MOST_HANDED_OVER);
    private final Map<TopicPartition, Ahead> ahead = new HashMap<>();
    private volatile boolean closed;
    /** What was there at the beginning has been read. Before, nothing is handed over: waking it up would hold that up. */
    private volatile boolean caughtUp;

    private @Nullable Map<TopicPartition, Long> wanted;
    private long connectedNs = System.nanoTime();
    private boolean interrupted;

    KafkaSubscription(
            KafkaBusConfig config,
            Topic topic,
            Map<Integer, Bus.Position> from,
            Bus.Reader reader,
            CommittedEnds committedEnds,
            Runnable onEnd) {
        this.topic = topic;
        this.reader = reader;
        this.committedEnds = committedEnds;
        this.onEnd = onEnd;
        from.forEach(
                (partition, position) -> this.from.put(new TopicPartition(topic.topicName(), partition), position));
        this.consumer = consumer(config);
        this.connections = consumer.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("connection-count"))
                .findFirst()
                .orElseThrow();
        this.thread =
                Thread.ofPlatform().daemon().name("bus-" + topic.topicName()).unstarted(this::run);
    }

    static KafkaConsumer<byte[], byte[]> consumer(KafkaBusConfig config) {
        return new KafkaConsumer<>(
                ClientProperties.consumer(config), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    void start() {
        thread.start();
    }

    /** From any thread; never waits. */
    void handOver(List<Committed> transaction) {
        if (!caughtUp) {
            return;
        }
        List<Committed> followed = transaction.stream()
                .filter(committed -> from.containsKey(committed.partition()))
                .toList();
        if (!followed.isEmpty() && handedOver.offer(followed)) {
            consumer.wakeup();
        }
    }

    @Override
    public void close() {
        closed = true;
        consumer.wakeup();
        if (Thread.currentThread() == thread) {
            return;
        }
        boolean interruptedHere = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interruptedHere = true;
            }
        }
        if (interruptedHere) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        Throwable failure = null;
        try {
            consumer.assign(from.keySet());
            while (!closed) {
                try {
                    takeHandedOver();
                    step();
                } catch (WakeupException e) {
                    // closed, or something was handed over; a fetch goes on where it was
                } catch (RetriableException e) {
                    tellInterrupted(e.toString(), e);
                }
            }
        } catch (KafkaException e) {
            failure = KafkaFailure.of("reading " + topic.topicName(), e);
        } catch (RuntimeException | Error e) {
            failure = e;
        } finally {
            // nothing to commit; waiting would be for the fetch that is under way
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
        onEnd.run();
        if (failure != null && !closed) {
            reader.failed(failure);
        }
    }

    private void step() {
        if (wanted == null) {
            wanted = begin();
            tellCaughtUp();
            return;
        }
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        watchConnection();
        if (!records.isEmpty()) {
            List<InRecord> read = new ArrayList<>(records.count());
            for (ConsumerRecord<byte[], byte[]> record : records) {
                if (!wasHandedOver(record)) {
                    read.add(RecordCodec.fromKafka(topic, record));
                }
            }
            if (!read.isEmpty() && !closed) {
                reader.read(read);
            }
        }
        ahead.entrySet()
                .removeIf(read -> consumer.position(read.getKey(), LOOKUP)
                        >= read.getValue().end());
        tellCaughtUp();
    }

    private void takeHandedOver() {
        for (List<Committed> next = handedOver.poll(); next != null; next = handedOver.poll()) {
            // all are looked up before any counts as read: a position may not be had
            List<Committed> following = next.stream().filter(this::follows).toList();
            List<InRecord> read = new ArrayList<>();
            for (Committed committed : following) {
                ahead.merge(
                        committed.partition(),
                        new Ahead(committed.first(), committed.end()),
                        (before, more) -> new Ahead(before.first(), more.end()));
                read.addAll(committed.records());
            }
            if (!read.isEmpty() && !closed) {
                reader.read(read);
            }
        }
    }

    private boolean follows(Committed committed) {
        Ahead before = ahead.get(committed.partition());
        return committed.follows(before == null ? consumer.position(committed.partition(), LOOKUP) : before.end());
    }

    private boolean wasHandedOver(ConsumerRecord<byte[], byte[]> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        Ahead read = ahead.get(partition);
        if (read != null && record.offset() < read.first()) {
            // everything before had been read: the log was cut off, and offsets begin again
            ahead.remove(partition);
            return false;
        }
        return read != null && record.offset() < read.end();
    }

    /** Seeks; returns where each partition ended then. */
    private Map<TopicPartition, Long> begin() {
        Map<TopicPartition, Long> ends = consumer.endOffsets(from.keySet(), LOOKUP);
        Map<TopicPartition, Long> times = new HashMap<>();
        from.forEach((partition, position) -> {
            if (position instanceof Bus.Position.Time(var time)) {
                times.put(partition, time.toEpochMilli());
            }
        });
        Map<TopicPartition, OffsetAndTimestamp> atTime =
                times.isEmpty() ? Map.of() : consumer.offsetsForTimes(times, LOOKUP);
        Map<TopicPartition, Long> starts = consumer.beginningOffsets(from.keySet(), LOOKUP);
        from.forEach((partition, position) -> {
            long end = ends.getOrDefault(partition, 0L);
            OffsetAndTimestamp found = atTime.get(partition);
            long begin =
                    switch (position) {
                        case Bus.Position.Beginning beginning -> starts.getOrDefault(partition, 0L);
                        case Bus.Position.End atEnd -> end;
                        case Bus.Position.Offset(long offset) -> offset;
                        case Bus.Position.Time time -> found == null ? end : found.offset();
                    };
            consumer.seek(partition, begin);
        });
        Map<TopicPartition, Long> reached = new HashMap<>(ends);
        reached.replaceAll((partition, end) -> Math.max(end, committedEnds.of(partition)));
        return reached;
    }

    private void tellCaughtUp() {
        if (wanted == null || from.isEmpty()) {
            return;
        }
        boolean wasBehind = !wanted.isEmpty();
        wanted.entrySet().removeIf(end -> consumer.position(end.getKey(), LOOKUP) >= end.getValue());
        if (wasBehind && wanted.isEmpty() && !closed) {
            reader.caughtUp();
            caughtUp = true;
        }
    }

    private void watchConnection() {
        long now = System.nanoTime();
        if (((Number) connections.metricValue()).doubleValue() > 0) {
            connectedNs = now;
            interrupted = false;
        } else if (now - connectedNs > SILENCE_NS) {
            tellInterrupted("no broker is connected", null);
        }
    }

    private void tellInterrupted(String why, @Nullable Throwable cause) {
        if (!interrupted && !closed) {
            interrupted = true;
            reader.interrupted(new BusException("reading " + topic.topicName() + ": " + why, true, cause));
        }
    }
}
