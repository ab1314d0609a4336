package io.flotilla.gateway.event;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.EventActor;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.gateway.error.ApiException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The events of the cluster for this gateway's clients: one live subscription, fanned out by the bus' thread into each
 * client's bounded buffer, and replays of history by short-lived subscriptions.
 */
public final class EventFeed implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(EventFeed.class);
    private static final int MAX_CLIENTS = 1024;
    private static final int MAX_REPLAYS = 8;
    private static final int REPLAY_SECONDS = 30;
    private static final int PUBLISH_SECONDS = 10;

    private final Bus bus;
    private final Set<EventStream> clients = ConcurrentHashMap.newKeySet();
    private final Semaphore replays = new Semaphore(MAX_REPLAYS);
    private final Bus.Subscription live;
    private volatile @Nullable Throwable failure;

    private EventFeed(Bus bus) {
        this.bus = bus;
        this.live = bus.subscribe(Topic.EVENTS, everywhere(new Bus.Position.End()), new Live());
    }

    public static EventFeed follow(Bus bus) {
        return new EventFeed(bus);
    }

    private static Map<Integer, Bus.Position> everywhere(Bus.Position position) {
        Map<Integer, Bus.Position> from = new HashMap<>();
        for (int partition = 0; partition < Topic.EVENTS.partitions(); partition++) {
            from.put(partition, position);
        }
        return from;
    }

    /** Begins to gather events for a client, from now on. */
    EventStream open(EventFilter filter) {
        if (failure != null) {
            throw ApiException.unavailable("this gateway no longer follows the events: " + failure);
        }
        if (clients.size() >= MAX_CLIENTS) {
            throw ApiException.unavailable("too many clients follow the events of this gateway: " + MAX_CLIENTS);
        }
        EventStream stream = new EventStream(filter, clients::remove);
        clients.add(stream);
        return stream;
    }

    /**
     * Tells of a prune, which is a gateway's doing: the managers and the nodes know only of each thing that went. Returns when
     * the bus has it. That it could not be told takes back nothing and is no reason to fail the call.
     *
     * @param type container, image, volume, network or builder
     */
    public void pruned(String type, long reclaimedBytes) {
        Instant now = Instant.now();
        long nanos = Math.addExact(Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L), now.getNano());
        EventActor nobody = new EventActor("", Map.of("reclaimed", Long.toString(reclaimedBytes)));
        EventMessage event = new EventMessage(type, "prune", nobody, "local", now.getEpochSecond(), nanos);
        OutRecord record =
                new OutRecord(Topic.EVENTS, Topic.EVENTS.partitionOf(""), "", Codec.JSON.encode(event), 0, false);
        try {
            long unused = bus.publish(record).get(PUBLISH_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warnf("nobody is told that a prune of %ss reclaimed %d bytes: %s", type, reclaimedBytes, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How many clients follow. */
    public int listeners() {
        return clients.size();
    }

    /**
     * What happened since, and is still kept, in order of time; of more than {@value History#MAX_EVENTS} that match only
     * the latest. Blocks while it is read.
     */
    List<Event> history(EventCursor since, Predicate<Event> wanted) {
        if (!replays.tryAcquire()) {
            throw ApiException.unavailable("too many clients read the history of events at once: " + MAX_REPLAYS);
        }
        try {
            History history = new History(event -> since.includes(event) && wanted.test(event));
            Bus.Subscription subscription = bus.subscribe(Topic.EVENTS, since.positions(), history);
            try {
                return history.read.get(REPLAY_SECONDS, TimeUnit.SECONDS);
            } finally {
                subscription.close();
            }
        } catch (TimeoutException e) {
            throw new ApiException(503, "the history of events was not read within " + REPLAY_SECONDS + " s", e);
        } catch (ExecutionException e) {
            throw new ApiException(500, "cannot read the history of events: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(503, "interrupted while reading the history of events", e);
        } finally {
            replays.release();
        }
    }

    @Override
    public void close() {
        live.close();
        clients.forEach(EventStream::end);
    }

    private final class Live implements Bus.Reader {
        @Override
        public void read(List<InRecord> records) {
            if (clients.isEmpty()) {
                return;
            }
            for (InRecord record : records) {
                Event.of(record).ifPresent(event -> clients.forEach(client -> client.offer(event)));
            }
        }

        @Override
        public void failed(Throwable cause) {
            LOG.error("the events of the cluster are not followed any more", cause);
            failure = cause;
            clients.forEach(EventStream::end);
        }
    }

    private static final class History implements Bus.Reader {
        static final int MAX_EVENTS = 16_384;
        private static final Comparator<Event> ORDER = Comparator.comparingLong(Event::timeNanos)
                .thenComparingInt(Event::partition)
                .thenComparingLong(Event::offset);

        private final Predicate<Event> wanted;
        private final PriorityQueue<Event> latest = new PriorityQueue<>(ORDER);
        final CompletableFuture<List<Event>> read = new CompletableFuture<>();

        History(Predicate<Event> wanted) {
            this.wanted = wanted;
        }

        @Override
        public void read(List<InRecord> records) {
            for (InRecord record : records) {
                Event.of(record).filter(wanted).ifPresent(latest::add);
                if (latest.size() > MAX_EVENTS) {
                    latest.remove();
                }
            }
        }

        @Override
        public void caughtUp() {
            List<Event> ordered = new ArrayList<>(latest.size());
            for (Event event = latest.poll(); event != null; event = latest.poll()) {
                ordered.add(event);
            }
            read.complete(ordered);
        }

        @Override
        public void failed(Throwable cause) {
            read.completeExceptionally(cause);
        }
    }
}
