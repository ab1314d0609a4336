package io.flotilla.agent.health;

import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.HealthConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A container's health check with dockerd's defaults.
 *
 * @param retries failures in a row that make it unhealthy
 * @param startPeriod in which failures do not count, until the first success
 * @param startInterval between probes in that time
 */
public record HealthCheck(
        List<String> command,
        Duration interval,
        Duration timeout,
        int retries,
        Duration startPeriod,
        Duration startInterval) {
    private static final Duration INTERVAL = Duration.ofSeconds(30);
    private static final Duration START_INTERVAL = Duration.ofSeconds(5);
    private static final int RETRIES = 3;

    /** Empty without a check: none named, the image's taken back by NONE, or of a kind nobody knows (as in dockerd). */
    public static Optional<HealthCheck> of(ContainerConfig container) {
        HealthConfig config = container.healthcheck();
        if (config == null || config.test().isEmpty()) {
            return Optional.empty();
        }
        List<String> words = config.test().subList(1, config.test().size());
        List<String> command = new ArrayList<>();
        switch (config.test().getFirst()) {
            case "CMD" -> command.addAll(words);
            case "CMD-SHELL" -> {
                command.addAll(container.shell().isEmpty() ? List.of("/bin/sh", "-c") : container.shell());
                command.addAll(words);
            }
            default -> {}
        }
        if (words.isEmpty() || command.isEmpty()) {
            return Optional.empty();
        }
        Long retries = config.retries();
        return Optional.of(new HealthCheck(
                List.copyOf(command),
                duration(config.interval(), INTERVAL),
                duration(config.timeout(), INTERVAL),
                retries == null || retries <= 0 ? RETRIES : (int) Math.min(retries, Integer.MAX_VALUE),
                duration(config.startPeriod(), Duration.ZERO),
                duration(config.startInterval(), START_INTERVAL)));
    }

    private static Duration duration(@Nullable Long nanos, Duration otherwise) {
        return nanos == null || nanos == 0 ? otherwise : Duration.ofNanos(nanos);
    }

    /** From one probe to the next. @param status of the container's health */
    Duration untilNext(Instant startedAt, Instant now, @Nullable String status) {
        boolean starting = Duration.between(startedAt, now).compareTo(startPeriod) < 0;
        return starting && HealthStates.STARTING.equals(status) ? startInterval : interval;
    }
}
