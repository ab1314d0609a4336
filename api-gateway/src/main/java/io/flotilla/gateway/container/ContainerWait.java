package io.flotilla.gateway.container;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.stream.Sink;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.ClusterView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** POST /containers/{id}/wait and the waiting of stop, kill and remove, all by watching the view. */
record ContainerWait(ClusterView view, Container container, Condition condition) {
    enum Condition {
        NOT_RUNNING,
        NEXT_EXIT,
        REMOVED;

        /** @throws ApiException 400 when there is no such condition */
        static Condition parse(String text) {
            return switch (text) {
                case "", "not-running" -> NOT_RUNNING;
                case "next-exit" -> NEXT_EXIT;
                case "removed" -> REMOVED;
                default -> throw ApiException.invalid("invalid condition: \"" + text + "\"");
            };
        }
    }

    private static final Duration ROUND = Duration.ofHours(1);

    /** Head first, so that a client knows its wait stands before it starts the container; then the exit code. */
    void writeTo(Sink sink) throws IOException {
        try (ClusterView.Follower follower = view.follower()) {
            sink.onGone(follower::close);
            sink.flushHead();
            Container last = container;
            while (!follower.ended()) {
                Optional<ClusterImage> image = follower.next(ROUND);
                if (image.isEmpty()) {
                    continue;
                }
                Container now = image.get().container(container.id()).orElse(null);
                if (holds(now)) {
                    long exitCode = ContainerView.exitCode(now == null ? last : now);
                    sink.write(("{\"StatusCode\":" + exitCode + "}\n").getBytes(StandardCharsets.UTF_8));
                    return;
                }
                last = Objects.requireNonNullElse(now, last);
            }
        }
    }

    /** Waits so that the same client's next read shows it; the node has done it, so being late is no failure. */
    void settle(Duration timeout) {
        try (ClusterView.Follower follower = view.follower()) {
            long deadline = System.nanoTime() + timeout.toNanos();
            Optional<ClusterImage> image = follower.next(timeout);
            while (image.isPresent()
                    && !holds(image.get().container(container.id()).orElse(null))) {
                image = follower.next(Duration.ofNanos(deadline - System.nanoTime()));
            }
        }
    }

    private boolean holds(@Nullable Container now) {
        return now == null
                || switch (condition) {
                    case NOT_RUNNING -> !ContainerView.running(now);
                    case NEXT_EXIT ->
                        !ContainerView.running(now) && !Objects.equals(finishedAt(now), finishedAt(container));
                    case REMOVED -> false;
                };
    }

    private static @Nullable String finishedAt(Container container) {
        ContainerState state = container.inspect().state();
        return state == null ? null : state.finishedAt();
    }
}
