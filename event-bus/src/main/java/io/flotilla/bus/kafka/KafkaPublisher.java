package io.flotilla.bus.kafka;

import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The transactional publisher; one caller at a time. A transaction that can neither be committed nor aborted ends it: to
 * open the same id anew fences whoever may have taken over, which only one who knows that it leads may do.
 */
final class KafkaPublisher implements Bus.TransactionalPublisher {
    private static final int COMMIT_ATTEMPTS = 3;
    /**
     * A commit sends what lingers at once, so nothing waits for it; without it the first record goes alone, in a request of its
     * own, while the others of the batch are still being handed over.
     */
    private static final int LINGER_MS = 50;

    private final String id;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Consumer<List<Committed>> committed;
    private final Map<TopicPartition, Long> lastOffsets = new HashMap<>();
    private @Nullable BusException ended;

    private KafkaPublisher(String id, KafkaProducer<byte[], byte[]> producer, Consumer<List<Committed>> committed) {
        this.id = id;
        this.producer = producer;
        this.committed = committed;
    }

    /** @param committed told of each transaction, before its caller knows that it is durable; must only hand on */
    static KafkaPublisher open(KafkaBusConfig config, String id, Consumer<List<Committed>> committed)
            throws BusException {
        Map<String, Object> properties = new HashMap<>(ClientProperties.producer(config));
        properties.put(ProducerConfig.CLIENT_ID_CONFIG, config.clientId() + "-" + id);
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
        properties.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MS);
        properties.put(
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                Math.toIntExact(config.deliveryTimeout().toMillis()));
        var producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        try {
            producer.initTransactions();
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            throw KafkaFailure.of("opening publisher " + id, e);
        }
        return new KafkaPublisher(id, producer, committed);
    }

    @Override
    public synchronized void publish(List<OutRecord> records) throws BusException {
        if (ended != null) {
            throw ended;
        }
        if (records.isEmpty()) {
            return;
        }
        for (OutRecord record : records) {
            record.checkSize();
        }
        String operation = "publishing " + records.size() + " records as " + id;
        List<Future<RecordMetadata>> sent = new ArrayList<>(records.size());
        try {
            producer.beginTransaction();
            for (OutRecord record : records) {
                // its failure fails the commit
                sent.add(producer.send(RecordCodec.toKafka(record)));
            }
            commit();
        } catch (KafkaException e) {
            throw abort(operation, e);
        }
        committed.accept(committed(records, sent));
    }

    private List<Committed> committed(List<OutRecord> records, List<Future<RecordMetadata>> sent) {
        Map<TopicPartition, List<InRecord>> byPartition = new LinkedHashMap<>();
        for (int i = 0; i < records.size(); i++) {
            RecordMetadata place = sent.get(i).resultNow();
            byPartition
                    .computeIfAbsent(new TopicPartition(place.topic(), place.partition()), unknown -> new ArrayList<>())
                    .add(placed(records.get(i), place));
        }
        List<Committed> transaction = new ArrayList<>();
        byPartition.forEach((partition, placed) -> {
            long before = Objects.requireNonNullElse(
                    lastOffsets.put(partition, placed.getLast().offset()), -1L);
            transaction.add(new Committed(partition, before, placed));
        });
        return transaction;
    }

    private static InRecord placed(OutRecord out, RecordMetadata place) {
        return new InRecord(
                out.topic(),
                place.partition(),
                place.hasOffset() ? place.offset() : -1,
                Instant.ofEpochMilli(place.timestamp()),
                out.key(),
                out.value(),
                out.index(),
                out.endOfBatch());
    }

    private void commit() {
        for (int attempt = 1; ; attempt++) {
            try {
                producer.commitTransaction();
                return;
            } catch (TimeoutException e) {
                if (attempt == COMMIT_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private BusException abort(String operation, KafkaException failure) {
        BusException reason = KafkaFailure.of(operation, failure);
        if (!(reason instanceof BusException.Fenced)) {
            try {
                producer.abortTransaction();
                return reason;
            } catch (KafkaException e) {
                reason = KafkaFailure.fenced(e)
                        ? KafkaFailure.of(operation, e)
                        : new BusException(
                                reason.getMessage() + "; publisher " + id + " must be opened anew", false, failure);
            }
        }
        ended = reason;
        producer.close(Duration.ZERO);
        return reason;
    }

    @Override
    public synchronized void close() {
        if (ended == null) {
            ended = new BusException("publisher " + id + " is closed", false, null);
            producer.close(Duration.ofSeconds(1));
        }
    }
}
