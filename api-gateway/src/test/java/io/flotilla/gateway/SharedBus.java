package io.flotilla.gateway;

import io.flotilla.bus.memory.MemoryBus;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The bus in memory for several threads: delivers at once, on the thread that publishes or subscribes. */
final class SharedBus implements Bus {
    private final MemoryBus bus = new MemoryBus(InstantSource.system());

    @Override
    public synchronized void createTopics() throws BusException {
        bus.createTopics();
    }

    @Override
    public synchronized CompletableFuture<Long> publish(OutRecord record) {
        CompletableFuture<Long> offset = bus.publish(record);
        deliver();
        return offset;
    }

    @Override
    public TransactionalPublisher transactional(String id) {
        throw new UnsupportedOperationException("a gateway does not dispatch");
    }

    @Override
    public synchronized Subscription subscribe(Topic topic, Map<Integer, Position> from, Reader reader) {
        Subscription subscription = bus.subscribe(topic, from, reader);
        deliver();
        return subscription;
    }

    private void deliver() {
        while (bus.deliver()) {
            // until all have read everything
        }
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
