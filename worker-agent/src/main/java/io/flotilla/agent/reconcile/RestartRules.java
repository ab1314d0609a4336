package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.bus.schema.RestartPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/** When a container starts again by itself: dockerd's restart manager. Pure. */
final class RestartRules {
    private static final long FIRST_BACKOFF_MS = 100;
    private static final long LAST_BACKOFF_MS = 60_000;
    private static final Duration STEADY = Duration.ofSeconds(10);

    private RestartRules() {}

    /** Whether it is started again after an exit nobody asked for. */
    static boolean restarts(ContainerRecord container, Exit exit) {
        RestartPolicy policy = container.hostConfig().restartPolicy();
        return switch (name(container)) {
            case "always", "unless-stopped" -> true;
            case "on-failure" -> {
                Long most = policy == null ? null : policy.maximumRetryCount();
                boolean left = most == null || most == 0 || container.restartCount() < most;
                yield left && exit.exitCode() != 0;
            }
            default -> false;
        };
    }

    /** Whether the machine's start is a reason to start it, however it ended before. */
    static boolean startsAtBoot(ContainerRecord container, boolean stoppedByUser) {
        return switch (name(container)) {
            case "always" -> container.startAttempted();
            case "unless-stopped" -> container.startAttempted() && !stoppedByUser;
            default -> false;
        };
    }

    /** Longer each time, unless it has run for a while. @param lastMs 0 for none */
    static long backoffMs(long lastMs, ContainerRecord container, Exit exit) {
        Instant started = Objects.requireNonNullElse(container.startedAt(), exit.finishedAt());
        boolean steady = Duration.between(started, exit.finishedAt()).compareTo(STEADY) >= 0;
        return lastMs == 0 || steady ? FIRST_BACKOFF_MS : Math.min(2 * lastMs, LAST_BACKOFF_MS);
    }

    private static String name(ContainerRecord container) {
        RestartPolicy policy = container.hostConfig().restartPolicy();
        return policy == null || policy.name() == null ? "" : policy.name();
    }
}
