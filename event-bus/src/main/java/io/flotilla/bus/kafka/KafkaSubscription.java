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
import org.apache.kafka.clients.consumer.CloseOptions;
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
 */
final class KafkaSubscription implements Bus.Subscription {
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration LOOKUP = Duration.ofSeconds(2);
    private static final long SILENCE_NS = Duration.ofSeconds(2).toNanos();

    private final Topic topic;
    private final Map<TopicPartition, Bus.Position> from = new HashMap<>();
    private final Bus.Reader reader;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Metric connections;
    private final Runnable onEnd;
    private final Thread thread;
    private volatile boolean closed;
    private @Nullable Map<TopicPartition, Long> wanted;
    private long connectedNs = System.nanoTime();
    private boolean interrupted;

    KafkaSubscription(
            KafkaBusConfig config, Topic topic, Map<Integer, Bus.Position> from, Bus.Reader reader, Runnable onEnd) {
        this.topic = topic;
        this.reader = reader;
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
                    step();
                } catch (RetriableException e) {
                    tellInterrupted(e.toString(), e);
                }
            }
        } catch (WakeupException e) {
            if (!closed) {
                failure = e;
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
            records.forEach(record -> read.add(RecordCodec.fromKafka(topic, record)));
            if (!closed) {
                reader.read(read);
            }
        }
        tellCaughtUp();
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
        return new HashMap<>(ends);
    }

    private void tellCaughtUp() {
        if (wanted == null || from.isEmpty()) {
            return;
        }
        boolean wasBehind = !wanted.isEmpty();
        wanted.entrySet().removeIf(end -> consumer.position(end.getKey(), LOOKUP) >= end.getValue());
        if (wasBehind && wanted.isEmpty() && !closed) {
            reader.caughtUp();
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
