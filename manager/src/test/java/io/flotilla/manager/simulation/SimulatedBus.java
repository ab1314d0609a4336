package io.flotilla.manager.simulation;

import io.flotilla.bus.memory.MemorySubscription;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * One participant's way to the bus. It may be cut in either direction, be slow, or lose an acknowledgement: the record is then
 * there though its publisher was told it failed. Order within a partition is kept, as Kafka keeps it.
 */
final class SimulatedBus implements Bus {
    private static final Duration LATENCY = Duration.ofMillis(4);
    private static final double LOST_ACKNOWLEDGEMENT = 0.02;

    private final World world;
    private final String participant;
    private final List<Following> followings = new ArrayList<>();
    private int sendingCuts;
    private int receivingCuts;
    private boolean losesAcknowledgements;
    private Duration latency = LATENCY;

    SimulatedBus(World world, String participant) {
        this.world = world;
        this.participant = participant;
    }

    /** Cuts one direction or both, until it is mended as often. */
    void cut(boolean sending, boolean receiving) {
        boolean lost = receives() && receiving;
        sendingCuts += sending ? 1 : 0;
        receivingCuts += receiving ? 1 : 0;
        if (lost) {
            List.copyOf(followings).forEach(Following::interrupt);
        }
    }

    void mend(boolean sending, boolean receiving) {
        sendingCuts -= sending ? 1 : 0;
        receivingCuts -= receiving ? 1 : 0;
        followings.forEach(Following::wake);
    }

    /** Takes everything back that was ever wrong with it. */
    void heal() {
        sendingCuts = 0;
        receivingCuts = 0;
        losesAcknowledgements = false;
        latency = LATENCY;
        followings.forEach(Following::wake);
    }

    private boolean sends() {
        return sendingCuts == 0;
    }

    private boolean receives() {
        return receivingCuts == 0;
    }

    /** Whether it receives, and has been given what was published while it did not. */
    boolean hears() {
        return receives() && followings.stream().noneMatch(following -> following.behind);
    }

    void slow(Duration each) {
        latency = each;
    }

    void loseAcknowledgements(boolean loses) {
        losesAcknowledgements = loses;
    }

    private BusException unreachable() {
        return new BusException(participant + " does not reach the bus", true, null);
    }

    @Override
    public void createTopics() throws BusException {
        if (!sends()) {
            throw unreachable();
        }
    }

    @Override
    public CompletableFuture<Long> publish(OutRecord record) {
        if (!sends()) {
            return CompletableFuture.failedFuture(unreachable());
        }
        CompletableFuture<Long> published = world.bus.publish(record);
        world.published(record);
        return losesAcknowledgements && world.chance(LOST_ACKNOWLEDGEMENT)
                ? CompletableFuture.failedFuture(unreachable())
                : published;
    }

    @Override
    public TransactionalPublisher transactional(String id) throws BusException {
        if (!sends()) {
            throw unreachable();
        }
        TransactionalPublisher publisher = world.bus.transactional(id);
        return new TransactionalPublisher() {
            @Override
            public void publish(List<OutRecord> records) throws BusException {
                if (!sends()) {
                    throw unreachable();
                }
                publisher.publish(records);
                records.forEach(world::published);
                if (losesAcknowledgements && world.chance(LOST_ACKNOWLEDGEMENT)) {
                    throw unreachable();
                }
            }

            @Override
            public void close() {
                publisher.close();
            }
        };
    }

    @Override
    public Subscription subscribe(Topic topic, Map<Integer, Position> from, Reader reader) {
        Following following = new Following(topic, Map.copyOf(from), reader);
        followings.add(following);
        following.wake();
        return following;
    }

    @Override
    public List<InRecord> latest(Topic topic, Collection<Integer> partitions) throws BusException {
        if (!receives() || !sends()) {
            throw unreachable();
        }
        return world.bus.latest(topic, partitions);
    }

    @Override
    public void close() {
        List.copyOf(followings).forEach(Following::close);
    }

    /** There is a new record. */
    void news(Topic topic, int partition) {
        for (Following following : followings) {
            if (following.topic == topic && following.from.containsKey(partition)) {
                following.wake();
            }
        }
    }

    private final class Following implements Subscription {
        final Topic topic;
        final Map<Integer, Position> from;
        final Reader reader;
        private final MemorySubscription subscription;
        private boolean behind;
        private boolean awake;
        private boolean ended;

        Following(Topic topic, Map<Integer, Position> from, Reader reader) {
            this.topic = topic;
            this.from = from;
            this.reader = reader;
            this.subscription = world.bus.subscribe(topic, from, reader);
        }

        void interrupt() {
            behind = true;
            reader.interrupted(unreachable());
        }

        void wake() {
            if (awake || ended || !receives()) {
                return;
            }
            awake = true;
            world.after(world.within(latency), () -> {
                awake = false;
                if (ended || !receives()) {
                    return;
                }
                if (subscription.deliver()) {
                    world.wakeManagers();
                }
                behind = false;
            });
        }

        @Override
        public void close() {
            ended = true;
            followings.remove(this);
            subscription.close();
        }
    }
}
