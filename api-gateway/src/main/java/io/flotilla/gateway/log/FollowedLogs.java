package io.flotilla.gateway.log;

import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.rpc.NodeClient;
import io.flotilla.gateway.rpc.NodeStream;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.ClusterView;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The logs of several containers, and of those that join them later, as they grow. One virtual thread reads each container
 * and puts its lines into one bounded queue, so that a client which reads slowly slows the nodes down. One more watches
 * the view. All of them end with the client.
 */
final class FollowedLogs implements AutoCloseable {
    private static final int MAX_WAITING_LINES = 256;
    private static final Duration ROUND = Duration.ofSeconds(1);

    private final NodeClient nodes;
    private final LogOptions options;
    private final BlockingQueue<Item> queue = new ArrayBlockingQueue<>(MAX_WAITING_LINES);
    private final Set<NodeStream<LogLine>> open = ConcurrentHashMap.newKeySet();
    /** Containers that are or were followed and are still wanted; the watching thread's own. */
    private final Set<String> seen = new HashSet<>();

    private final ClusterView.Follower follower;
    private volatile boolean closed;

    private sealed interface Item {
        record Line(LogLine line) implements Item {}

        record Complaint(String message) implements Item {}

        /** Nothing will follow. */
        record End() implements Item {}
    }

    private FollowedLogs(NodeClient nodes, LogOptions options, ClusterView view) {
        this.nodes = nodes;
        this.options = options;
        this.follower = view.follower();
    }

    /**
     * Sends lines until the client leaves, or there is nothing left to follow.
     *
     * @param sources whose logs are wanted, by an image of the cluster; null when what was followed is gone
     */
    static void write(
            NodeClient nodes,
            ClusterView view,
            Function<ClusterImage, @Nullable List<LogSource>> sources,
            LogOptions options,
            LogWriter out)
            throws IOException {
        try (FollowedLogs logs = new FollowedLogs(nodes, options, view)) {
            out.sink().onGone(logs::close);
            var _ = Thread.ofVirtual().name("log watch").start(() -> logs.watch(sources));
            while (logs.writeNext(out)) {
                // until the end
            }
        }
    }

    private boolean writeNext(LogWriter out) throws IOException {
        try {
            Item item = queue.poll(ROUND.toMillis(), TimeUnit.MILLISECONDS);
            switch (item) {
                case null -> {
                    return !closed;
                }
                case Item.Line(LogLine line) -> out.write(line, !queue.isEmpty());
                case Item.Complaint(String message) -> out.complain(message);
                case Item.End() -> {
                    out.flush();
                    return false;
                }
            }
            return !closed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void watch(Function<ClusterImage, @Nullable List<LogSource>> sources) {
        while (!follower.ended()) {
            Optional<ClusterImage> image = follower.next(Duration.ofDays(1));
            if (image.isEmpty()) {
                continue;
            }
            List<LogSource> wanted = sources.apply(image.get());
            if (wanted == null) {
                break;
            }
            seen.retainAll(wanted.stream().map(LogSource::containerId).toList());
            wanted.stream().filter(source -> seen.add(source.containerId())).forEach(this::follow);
        }
        put(new Item.End());
    }

    private void follow(LogSource source) {
        try {
            NodeStream<LogLine> stream = source.open(nodes, options);
            open.add(stream);
            if (closed) {
                stream.close();
            }
            var _ = Thread.ofVirtual().name("log " + source.containerId()).start(() -> pump(stream));
        } catch (ApiException e) {
            put(new Item.Complaint(e.text()));
        }
    }

    private void pump(NodeStream<LogLine> stream) {
        try (stream) {
            for (LogLine line = stream.next(); line != null; line = stream.next()) {
                if (!put(new Item.Line(line))) {
                    return;
                }
            }
        } catch (ApiException e) {
            put(new Item.Complaint(e.text()));
        } finally {
            open.remove(stream);
        }
    }

    /** Waits for room; false when nobody reads any more. */
    private boolean put(Item item) {
        try {
            while (!closed) {
                if (queue.offer(item, ROUND.toMillis(), TimeUnit.MILLISECONDS)) {
                    return true;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    @Override
    public void close() {
        closed = true;
        follower.close();
        open.forEach(NodeStream::close);
    }
}
