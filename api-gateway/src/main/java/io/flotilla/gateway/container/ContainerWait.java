package io.flotilla.gateway.container;

import io.flotilla.bus.report.Report.ContainerObserved;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerInspectResponse;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.Node;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.rpc.NodeStream;
import io.flotilla.gateway.stream.Sink;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.ClusterView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * POST /containers/{id}/wait. One virtual thread watches the container at its node, which shows every exit however soon it
 * is followed by a restart or the removal; the call's own follows the view, which knows of removals, and of the container
 * when its node is gone. Both hand what they see to {@link #judge}.
 */
final class ContainerWait {
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
    /** A node that does not answer must not keep the head of the answer back. */
    private static final int WATCH_SECONDS = 5;
    /** Between two attempts to watch a node that does not answer. */
    private static final int RETRY_SECONDS = 1;

    private final Gateway gateway;
    private final ClusterView view;
    private final String containerId;
    private final String nodeId;
    private final Condition condition;
    private final CompletableFuture<Long> exitCode = new CompletableFuture<>();
    private final CountDownLatch watching = new CountDownLatch(1);
    private final CountDownLatch watched = new CountDownLatch(1);

    // what was judged so far, guarded by this
    private long observed = -1;
    private String finishedAtFirst = "";
    private long lastExitCode;
    private volatile @Nullable NodeStream<ContainerObserved> open;

    ContainerWait(Gateway gateway, Container container, Condition condition) {
        this.gateway = gateway;
        this.view = gateway.view();
        this.containerId = container.id();
        this.nodeId = container.nodeId();
        this.condition = condition;
    }

    /** Head first, so that a client knows its wait stands before it starts the container; then the exit code. */
    void writeTo(Sink sink) throws IOException {
        try (ClusterView.Follower follower = view.follower()) {
            var _ = exitCode.whenComplete((code, failure) -> {
                follower.close();
                closeWatch();
            });
            sink.onGone(() -> exitCode.cancel(false));
            var _ = Thread.ofVirtual().name("wait " + containerId).start(this::watch);
            var _ = await(watching, WATCH_SECONDS);
            sink.flushHead();
            follow(follower);
            if (exitCode.isDone() && !exitCode.isCancelled()) {
                sink.write(("{\"StatusCode\":" + exitCode.join() + "}\n").getBytes(StandardCharsets.UTF_8));
            }
        } finally {
            exitCode.cancel(false);
        }
    }

    private void follow(ClusterView.Follower follower) {
        while (!exitCode.isDone() && !follower.ended()) {
            Optional<ClusterImage> image = follower.next(ROUND);
            if (image.isEmpty()) {
                continue;
            }
            Optional<Container> now = image.get().container(containerId);
            if (now.isPresent()) {
                judge(now.get().observed(), now.get().inspect());
            } else {
                // what the node has told and the watching thread has not yet taken in
                var _ = await(watched, RETRY_SECONDS);
                removed();
            }
        }
    }

    private void watch() {
        try {
            while (!watchOnce() && !doneWithin(RETRY_SECONDS)) {
                // a node that was not there may be back
            }
        } finally {
            watching.countDown();
            watched.countDown();
        }
    }

    /** True when there is nothing more to see at the node. */
    private boolean watchOnce() {
        Optional<Node> node = gateway.image().node(nodeId);
        if (node.isEmpty()) {
            return true;
        }
        try (NodeStream<ContainerObserved> stream = gateway.containers().watch(node.get(), containerId)) {
            open = stream;
            if (exitCode.isDone()) {
                return true;
            }
            for (ContainerObserved seen = stream.next(); seen != null; seen = stream.next()) {
                view.observe(seen);
                judge(seen.observed(), seen.inspect());
                watching.countDown();
            }
            return true;
        } catch (ApiException e) {
            watching.countDown();
            // a node that does not know the container leaves it to the view
            return e.status() != 503;
        }
    }

    private void closeWatch() {
        NodeStream<ContainerObserved> stream = open;
        if (stream != null) {
            stream.close();
        }
    }

    private synchronized void judge(long number, ContainerInspectResponse inspect) {
        ContainerState state = inspect.state();
        if (state == null || number < observed) {
            return;
        }
        boolean first = observed < 0;
        observed = number;
        String finishedAt = ContainerView.finishedAt(state);
        if (first) {
            finishedAtFirst = finishedAt;
        }
        boolean running = Boolean.TRUE.equals(state.running());
        boolean exited = !finishedAt.equals(finishedAtFirst);
        if (exited || !running) {
            lastExitCode = Objects.requireNonNullElse(state.exitCode(), 0L);
        }
        boolean holds =
                switch (condition) {
                    case NOT_RUNNING -> !running;
                    case NEXT_EXIT -> exited;
                    case REMOVED -> false;
                };
        if (holds) {
            var _ = exitCode.complete(lastExitCode);
        }
    }

    private synchronized void removed() {
        var _ = exitCode.complete(lastExitCode);
    }

    private boolean doneWithin(int seconds) {
        try {
            var _ = exitCode.get(seconds, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException | CancellationException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private static boolean await(CountDownLatch latch, int seconds) {
        try {
            return latch.await(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
