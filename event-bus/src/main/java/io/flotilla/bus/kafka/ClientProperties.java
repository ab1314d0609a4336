package io.flotilla.bus.kafka;

import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** Kafka's client settings: no lingering on the way, small buffers, bounded waits. */
final class ClientProperties {
    private static final int MAX_RECORD_BYTES = 4 * 1024 * 1024;
    private static final int SOCKET_BUFFER_BYTES = 64 * 1024;
    private static final int RECONNECT_MAX_MS = 1000;

    private ClientProperties() {}

    static Map<String, Object> producer(KafkaBusConfig config) {
        int deliveryMs = Math.toIntExact(config.deliveryTimeout().toMillis());
        return Map.ofEntries(
                Map.entry(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers()),
                Map.entry(ProducerConfig.CLIENT_ID_CONFIG, config.clientId()),
                Map.entry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true),
                Map.entry(ProducerConfig.ACKS_CONFIG, "all"),
                Map.entry(ProducerConfig.LINGER_MS_CONFIG, 0),
                // what gathers while a request is under way makes the next: no record waits for others to come, and a
                // burst
                // costs few requests
                Map.entry(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1),
                Map.entry(ProducerConfig.BUFFER_MEMORY_CONFIG, 8L * 1024 * 1024),
                Map.entry(ProducerConfig.BATCH_SIZE_CONFIG, 64 * 1024),
                Map.entry(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_RECORD_BYTES),
                Map.entry(ProducerConfig.MAX_BLOCK_MS_CONFIG, (long) deliveryMs),
                Map.entry(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, deliveryMs),
                Map.entry(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, deliveryMs / 2),
                Map.entry(ProducerConfig.SEND_BUFFER_CONFIG, SOCKET_BUFFER_BYTES),
                Map.entry(ProducerConfig.RECEIVE_BUFFER_CONFIG, SOCKET_BUFFER_BYTES),
                Map.entry(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, 20L),
                Map.entry(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, (long) RECONNECT_MAX_MS),
                Map.entry(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false));
    }

    static Map<String, Object> consumer(KafkaBusConfig config) {
        int timeoutMs = Math.toIntExact(config.deliveryTimeout().toMillis());
        return Map.ofEntries(
                Map.entry(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers()),
                Map.entry(ConsumerConfig.CLIENT_ID_CONFIG, config.clientId()),
                Map.entry(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed"),
                Map.entry(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false),
                // what retention has taken is gone: go on with what there is
                Map.entry(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"),
                Map.entry(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false),
                Map.entry(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1),
                // a record is handed out when it comes; this is how often an idle consumer asks again, and it must be
                // well below the request's own limit
                Map.entry(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, timeoutMs / 4),
                Map.entry(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, MAX_RECORD_BYTES),
                Map.entry(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 1024 * 1024),
                Map.entry(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1000),
                Map.entry(ConsumerConfig.RECEIVE_BUFFER_CONFIG, SOCKET_BUFFER_BYTES),
                Map.entry(ConsumerConfig.SEND_BUFFER_CONFIG, SOCKET_BUFFER_BYTES),
                Map.entry(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, timeoutMs),
                Map.entry(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, timeoutMs / 2),
                Map.entry(ConsumerConfig.RETRY_BACKOFF_MS_CONFIG, 20L),
                Map.entry(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, (long) RECONNECT_MAX_MS),
                Map.entry(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false));
    }

    static Map<String, Object> admin(KafkaBusConfig config) {
        int timeoutMs = Math.toIntExact(config.deliveryTimeout().toMillis());
        return Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                config.bootstrapServers(),
                AdminClientConfig.CLIENT_ID_CONFIG,
                config.clientId(),
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                timeoutMs,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                timeoutMs / 2,
                CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG,
                false);
    }
}
