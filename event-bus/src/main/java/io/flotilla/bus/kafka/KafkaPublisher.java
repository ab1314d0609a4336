package io.flotilla.bus.kafka;

import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.OutRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
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
    private @Nullable BusException ended;

    private KafkaPublisher(String id, KafkaProducer<byte[], byte[]> producer) {
        this.id = id;
        this.producer = producer;
    }

    static KafkaPublisher open(KafkaBusConfig config, String id) throws BusException {
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
        return new KafkaPublisher(id, producer);
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
        try {
            producer.beginTransaction();
            for (OutRecord record : records) {
                // its failure fails the commit
                Future<RecordMetadata> unused = producer.send(RecordCodec.toKafka(record));
            }
            commit();
        } catch (KafkaException e) {
            throw abort(operation, e);
        }
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
