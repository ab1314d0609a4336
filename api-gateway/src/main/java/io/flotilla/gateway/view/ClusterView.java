package io.flotilla.gateway.view;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report.ContainerObserved;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.gateway.error.ApiException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Follows flotilla.objects from its beginning. The bus' thread is the only writer; it publishes a new image after each
 * complete batch, so that no reader ever sees half of one. Readers on any thread take the image without waiting.
 *
 * <p>What a node tells this gateway itself about a container is shown ahead of the log, until the log has it: a client
 * reads what its call has done without waiting for the report's way through the managers.
 */
public final class ClusterView implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ClusterView.class);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean caughtUp;
    private @Nullable Throwable failure;
    private boolean closed;
    /** What the log says. */
    private ClusterImage committed = ClusterImage.empty();
    /** By container; only of containers that are in {@link #committed}, which bounds it. */
    private final Map<String, ContainerObserved> ahead = new HashMap<>();
    /** {@link #committed} with {@link #ahead}. */
    private ClusterImage image = ClusterImage.empty();

    private final Bus.Subscription subscription;

    private ClusterView(Bus bus) {
        subscription = bus.subscribe(Topic.OBJECTS, Map.of(0, new Bus.Position.Beginning()), new Reader());
    }

    public static ClusterView follow(Bus bus) {
        return new ClusterView(bus);
    }

    /**
     * The newest image.
     *
     * @throws ApiException 503 while the history is still being read, or after reading it failed
     */
    public ClusterImage image() {
        lock.lock();
        try {
            if (failure != null) {
                throw ApiException.unavailable("this gateway no longer follows the cluster: " + failure);
            }
            if (!caughtUp) {
                throw ApiException.unavailable("this gateway is still reading the state of the cluster");
            }
            return image;
        } finally {
            lock.unlock();
        }
    }

    /** Why the view stands still, if it does; for health checks. */
    public Optional<Throwable> failure() {
        lock.lock();
        try {
            return Optional.ofNullable(failure);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until the view has a batch, so that a client reads what it wrote.
     *
     * @throws ApiException 503 when it has not come within the timeout; the write itself stands
     */
    public ClusterImage awaitIndex(long index, Duration timeout) {
        try (Follower follower = follower()) {
            long deadline = System.nanoTime() + timeout.toNanos();
            ClusterImage newest = image();
            while (newest.index() < index) {
                Optional<ClusterImage> next = follower.next(Duration.ofNanos(deadline - System.nanoTime()));
                if (next.isEmpty()) {
                    throw ApiException.unavailable("the change is committed as index " + index
                            + ", but this gateway has only seen " + newest.index() + " after " + timeout.toMillis()
                            + " ms");
                }
                newest = next.get();
            }
            return newest;
        }
    }

    /** Shows a container as its node says it is now. What is older than what is shown already changes nothing. */
    public void observe(ContainerObserved observed) {
        lock.lock();
        try {
            String id = observed.containerId();
            if (image.container(id)
                    .filter(known -> ClusterImage.isNews(observed, known))
                    .isPresent()) {
                ahead.put(id, observed);
                show();
            }
        } finally {
            lock.unlock();
        }
    }

    private void show() {
        ahead.values().removeIf(observed -> committed
                .container(observed.containerId())
                .filter(known -> ClusterImage.isNews(observed, known))
                .isEmpty());
        image = ahead.isEmpty() ? committed : committed.ahead(ahead.values());
        changed.signalAll();
    }

    /** Hands out each newer image there is, skipping those in between. For one thread; close from any wakes it. */
    public Follower follower() {
        return new Follower();
    }

    public final class Follower implements AutoCloseable {
        private @Nullable ClusterImage last;
        private boolean done;

        private Follower() {}

        /** The newest image if it was not handed out yet, else the next; empty after the timeout or when closed. */
        public Optional<ClusterImage> next(Duration timeout) {
            long left = timeout.toNanos();
            lock.lock();
            try {
                while (!done && !closed && failure == null && (!caughtUp || image == last)) {
                    if (left <= 0) {
                        return Optional.empty();
                    }
                    left = changed.awaitNanos(left);
                }
                if (done || closed || failure != null) {
                    return Optional.empty();
                }
                last = image;
                return Optional.of(image);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            } finally {
                lock.unlock();
            }
        }

        /** True when no image will come any more. */
        public boolean ended() {
            lock.lock();
            try {
                return done || closed || failure != null;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                done = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    @Override
    public void close() {
        subscription.close();
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private final class Reader implements Bus.Reader {
        private static final int MAX_HISTORY_BATCH = 1024;

        private final List<ClusterImage.Update> batch = new ArrayList<>();
        private long batchIndex;
        private boolean historyRead;

        @Override
        public void read(List<InRecord> records) {
            for (InRecord record : records) {
                batchIndex = Math.max(batchIndex, record.index());
                decode(record).ifPresent(batch::add);
                // what is there at the beginning has lost ends of batches to compaction; nobody sees it until all is
                // read
                if (historyRead ? record.endOfBatch() : batch.size() >= MAX_HISTORY_BATCH) {
                    publish();
                }
            }
        }

        @Override
        public void caughtUp() {
            historyRead = true;
            publish();
            lock.lock();
            try {
                caughtUp = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            LOG.infof("the view has the cluster up to index %d", batchIndex);
        }

        @Override
        public void failed(Throwable cause) {
            LOG.error("the view of the cluster stands still", cause);
            lock.lock();
            try {
                failure = cause;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        private void publish() {
            lock.lock();
            try {
                committed = committed.with(batchIndex, batch);
                show();
            } finally {
                lock.unlock();
            }
            batch.clear();
        }
    }

    /** Empty for a kind that only a newer manager knows. */
    private static Optional<ClusterImage.Update> decode(InRecord record) {
        int slash = record.key().indexOf('/');
        String kindName = slash < 0 ? record.key() : record.key().substring(0, slash);
        String id = record.key().substring(slash + 1);
        return Arrays.stream(ObjectKind.values())
                .filter(candidate -> candidate.jsonName().equals(kindName))
                .findFirst()
                .map(kind -> new ClusterImage.Update(kind, id, value(record, kind), record.index()));
    }

    private static @Nullable StoreObject value(InRecord record, ObjectKind kind) {
        try {
            return record.value() == null ? null : Codec.JSON.decode(record.value(), kind.type());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot read " + record.key() + " at offset " + record.offset() + " of flotilla.objects", e);
        }
    }
}
