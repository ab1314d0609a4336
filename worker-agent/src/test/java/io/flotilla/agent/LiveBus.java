package io.flotilla.agent;

import io.flotilla.bus.memory.MemoryBus;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The bus in memory for several threads: who publishes delivers. */
public final class LiveBus implements Bus {
    private final MemoryBus bus = new MemoryBus(InstantSource.system());
    private final List<OutRecord> published = new ArrayList<>();
    private int refused;

    @Override
    public synchronized void createTopics() throws BusException {
        bus.createTopics();
    }

    @Override
    public synchronized CompletableFuture<Long> publish(OutRecord record) {
        CompletableFuture<Long> offset = bus.publish(record);
        if (!offset.isCompletedExceptionally()) {
            published.add(record);
        } else {
            refused++;
        }
        notifyAll();
        deliver();
        return offset;
    }

    /** Everything published since the beginning. */
    public synchronized List<OutRecord> published() {
        return List.copyOf(published);
    }

    /** Waits until something is published that is not among the first {@code known}. */
    public synchronized boolean awaitMore(int known, long timeoutMs) throws InterruptedException {
        long end = System.nanoTime() + timeoutMs * 1_000_000;
        while (published.size() <= known) {
            long leftMs = (end - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                return false;
            }
            wait(leftMs);
        }
        return true;
    }

    /** Waits until an outage was noticed: a record has been refused. */
    public synchronized boolean awaitRefusal(long timeoutMs) throws InterruptedException {
        long end = System.nanoTime() + timeoutMs * 1_000_000;
        while (refused == 0) {
            long leftMs = (end - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                return false;
            }
            wait(leftMs);
        }
        return true;
    }

    public synchronized void outage(@Nullable BusException reason) {
        bus.outage(reason);
        if (reason == null) {
            deliver();
        }
    }

    private void deliver() {
        boolean more = true;
        while (more) {
            more = bus.deliver();
        }
    }

    @Override
    public synchronized TransactionalPublisher transactional(String id) throws BusException {
        return bus.transactional(id);
    }

    @Override
    public synchronized Subscription subscribe(Topic topic, Map<Integer, Position> from, Reader reader) {
        Subscription subscription = bus.subscribe(topic, from, reader);
        deliver();
        return () -> {
            synchronized (LiveBus.this) {
                subscription.close();
            }
        };
    }

    @Override
    public synchronized List<InRecord> latest(Topic topic, Collection<Integer> partitions) throws BusException {
        return bus.latest(topic, partitions);
    }

    @Override
    public synchronized void close() {
        bus.close();
    }
}
