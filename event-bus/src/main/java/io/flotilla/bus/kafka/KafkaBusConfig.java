package io.flotilla.bus.kafka;

import java.time.Duration;

/**
 * @param bootstrapServers host:port, comma separated
 * @param clientId in the broker's logs and metrics
 * @param replicas of each topic
 * @param deliveryTimeout after which an unacknowledged record, or a call, has failed
 */
public record KafkaBusConfig(String bootstrapServers, String clientId, short replicas, Duration deliveryTimeout) {
    private static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(10);

    /** For the embedded broker of a single manager. */
    public KafkaBusConfig(String bootstrapServers, String clientId) {
        this(bootstrapServers, clientId, (short) 1, DELIVERY_TIMEOUT);
    }
}
