package io.flotilla.bus.kafka;

import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The bus on Kafka. Any thread may call. One producer for everybody, made at the first use; a consumer with its thread for
 * each subscription. Kafka's log categories {@code org.apache.kafka}, {@code kafka} and {@code state.change.logger} belong at
 * WARN.
 */
public final class KafkaBus implements Bus {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE = Duration.ofSeconds(2);

    private final KafkaBusConfig config;
    private final Set<KafkaSubscription> subscriptions = ConcurrentHashMap.newKeySet();
    private final CommittedEnds committedEnds;
    private @Nullable KafkaProducer<byte[], byte[]> producer;
    private boolean closed;

    public KafkaBus(KafkaBusConfig config) {
        this.config = config;
        this.committedEnds = new CommittedEnds(config.deliveryTimeout());
    }

    @Override
    public void createTopics() throws BusException {
        String operation = "creating topics";
        try (Admin admin = Admin.create(ClientProperties.admin(config))) {
            Set<String> there = admin.listTopics().names().get();
            List<NewTopic> missing = Arrays.stream(Topic.values())
                    .filter(topic -> !there.contains(topic.topicName()))
                    .map(topic -> TopicSettings.of(topic, config.replicas()))
                    .toList();
            if (!missing.isEmpty()) {
                admin.createTopics(missing).all().get();
            }
        } catch (ExecutionException | KafkaException e) {
            throw KafkaFailure.of(operation, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BusException(operation + ": interrupted", true, e);
        }
    }

    @Override
    public CompletableFuture<Long> publish(OutRecord record) {
        var outcome = new CompletableFuture<Long>();
        String operation = "publishing to " + record.topic().topicName();
        try {
            record.checkSize();
            Future<RecordMetadata> unused = producer().send(RecordCodec.toKafka(record), (metadata, failure) -> {
                if (failure == null) {
                    outcome.complete(metadata.offset());
                } else {
                    outcome.completeExceptionally(KafkaFailure.of(operation, failure));
                }
            });
        } catch (BusException | KafkaException e) {
            outcome.completeExceptionally(KafkaFailure.of(operation, e));
        }
        return outcome;
    }

    private synchronized KafkaProducer<byte[], byte[]> producer() throws BusException {
        if (closed) {
            throw new BusException("the bus is closed", false, null);
        }
        if (producer == null) {
            producer = new KafkaProducer<>(
                    ClientProperties.producer(config), new ByteArraySerializer(), new ByteArraySerializer());
        }
        return producer;
    }

    @Override
    public TransactionalPublisher transactional(String id) throws BusException {
        return KafkaPublisher.open(config, id, this::committed);
    }

    /** In this order: who subscribes after a publisher returned counts what it published among what was there. */
    private void committed(List<Committed> transaction) {
        committedEnds.reached(transaction);
        subscriptions.forEach(subscription -> subscription.handOver(transaction));
    }

    @Override
    public Subscription subscribe(Topic topic, Map<Integer, Position> from, Reader reader) {
        var holder = new Object() {
            @Nullable
            KafkaSubscription subscription;
        };
        var subscription = new KafkaSubscription(config, topic, from, reader, committedEnds, () -> {
            if (holder.subscription != null) {
                subscriptions.remove(holder.subscription);
            }
        });
        holder.subscription = subscription;
        subscriptions.add(subscription);
        subscription.start();
        return subscription;
    }

    @Override
    public List<InRecord> latest(Topic topic, Collection<Integer> partitions) throws BusException {
        String operation = "reading the latest of " + topic.topicName();
        List<TopicPartition> assigned = partitions.stream()
                .map(p -> new TopicPartition(topic.topicName(), p))
                .toList();
        try (KafkaConsumer<byte[], byte[]> consumer = KafkaSubscription.consumer(config)) {
            consumer.assign(assigned);
            consumer.seekToBeginning(assigned);
            return latest(topic, consumer, consumer.endOffsets(assigned));
        } catch (KafkaException e) {
            throw KafkaFailure.of(operation, e);
        }
    }

    private record Key(int partition, String key) {}

    private List<InRecord> latest(Topic topic, KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends)
            throws BusException {
        Map<Key, InRecord> latest = new HashMap<>();
        Map<TopicPartition, Long> behind = new HashMap<>(ends);
        long progressNs = System.nanoTime();
        while (true) {
            behind.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
            if (behind.isEmpty()) {
                break;
            }
            int before = behind.size();
            var records = consumer.poll(POLL);
            records.forEach(record -> {
                InRecord in = RecordCodec.fromKafka(topic, record);
                latest.put(new Key(in.partition(), in.key()), in);
            });
            if (!records.isEmpty() || behind.size() < before) {
                progressNs = System.nanoTime();
            } else if (System.nanoTime() - progressNs > config.deliveryTimeout().toNanos()) {
                throw new BusException(
                        "reading the latest of " + topic.topicName() + ": nothing for " + config.deliveryTimeout(),
                        true,
                        null);
            }
        }
        return latest.values().stream()
                .filter(in -> in.value() != null)
                .sorted(Comparator.comparingInt(InRecord::partition).thenComparingLong(InRecord::offset))
                .toList();
    }

    @Override
    public void close() {
        KafkaProducer<byte[], byte[]> last;
        synchronized (this) {
            closed = true;
            last = producer;
            producer = null;
        }
        subscriptions.forEach(KafkaSubscription::close);
        if (last != null) {
            last.close(CLOSE);
        }
    }
}
