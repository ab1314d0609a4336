package io.flotilla.manager;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.memory.MemoryBus;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A manager with its threads and a log on disk; the bus alone is in memory. */
class ManagerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ThreadedBus bus = new ThreadedBus();
    private final ConcurrentLinkedQueue<Throwable> fatal = new ConcurrentLinkedQueue<>();
    private ManagerConfig config = new ManagerConfig("m1", "test", Path.of("unset"), List.of());

    @BeforeEach
    void configure(@TempDir Path dir) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        config = new ManagerConfig(
                "m1",
                "test",
                dir.resolve("raft"),
                List.of(new ManagerConfig.Peer("m1", "127.0.0.1:" + port, "unix:///nowhere")));
    }

    @AfterEach
    void stop() {
        bus.close();
        assertThat(fatal).isEmpty();
    }

    @Test
    void whatWasAcknowledgedIsThereAfterARestartAndPublishedOnce() throws Exception {
        String id;
        long index;
        try (Manager manager = Manager.start(config, bus, fatal::add)) {
            awaitLead(manager);
            done(manager, new Command.InitSwarm("m1", null, "10.1.1.1", List.of(), 0, false));
            Reply.Done created = done(manager, new Command.CreateService(StepManagers.service("web", 2)));
            id = Objects.requireNonNull(created.id());
            index = created.index();
            await(() -> manager.status().publishedIndex() >= created.index());
        }
        int published = bus.latest(Topic.OBJECTS, List.of(0)).size();
        try (Manager manager = Manager.start(config, bus, fatal::add)) {
            awaitLead(manager);
            assertThat(manager.state().service(id)).isPresent();
            assertThat(manager.state().tasksOfService(id)).hasSize(2);
            done(manager, new Command.RemoveService(id));
            await(() -> manager.status().publishedIndex() > index);
            assertThat(manager.status().trouble()).isNull();
        }
        assertThat(bus.latest(Topic.OBJECTS, List.of(0))).hasSizeLessThan(published);
    }

    private static Reply.Done done(Manager manager, Command command) throws Exception {
        Reply reply = manager.execute(command).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        return (Reply.Done) assertThat(reply).isInstanceOf(Reply.Done.class).actual();
    }

    private static void awaitLead(Manager manager) throws InterruptedException {
        await(() -> manager.status().leader());
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (!condition.getAsBoolean()) {
            assertThat(Instant.now()).isBefore(deadline);
            Thread.sleep(5);
        }
    }

    /** The bus in memory behind one lock, with a thread that delivers. */
    private static final class ThreadedBus implements Bus {
        private final MemoryBus bus = new MemoryBus(Instant::now);
        private final Thread deliverer = Thread.ofPlatform().daemon().start(this::deliver);

        private void deliver() {
            try {
                while (true) {
                    synchronized (bus) {
                        bus.deliver();
                    }
                    Thread.sleep(2);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void createTopics() throws BusException {
            synchronized (bus) {
                bus.createTopics();
            }
        }

        @Override
        public CompletableFuture<Long> publish(OutRecord record) {
            synchronized (bus) {
                return bus.publish(record);
            }
        }

        @Override
        public TransactionalPublisher transactional(String id) throws BusException {
            synchronized (bus) {
                TransactionalPublisher publisher = bus.transactional(id);
                return new TransactionalPublisher() {
                    @Override
                    public void publish(List<OutRecord> records) throws BusException {
                        synchronized (bus) {
                            publisher.publish(records);
                        }
                    }

                    @Override
                    public void close() {
                        publisher.close();
                    }
                };
            }
        }

        @Override
        public Subscription subscribe(Topic topic, Map<Integer, Position> from, Reader reader) {
            synchronized (bus) {
                Subscription subscription = bus.subscribe(topic, from, reader);
                return () -> {
                    synchronized (bus) {
                        subscription.close();
                    }
                };
            }
        }

        @Override
        public List<InRecord> latest(Topic topic, Collection<Integer> partitions) throws BusException {
            synchronized (bus) {
                return bus.latest(topic, partitions);
            }
        }

        @Override
        public void close() {
            deliverer.interrupt();
        }
    }
}
