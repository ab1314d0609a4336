package io.flotilla.bus.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.broker.BrokerConfig;
import io.flotilla.bus.broker.BrokerFixture;
import io.flotilla.bus.broker.EmbeddedBroker;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusContract;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.RecordingReader;
import io.flotilla.bus.topic.Topic;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KafkaBusTest extends BusContract {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final BrokerConfig config;
    private final KafkaBusConfig busConfig;
    private final Bus bus;
    private EmbeddedBroker broker;

    KafkaBusTest(@TempDir Path dir) throws Exception {
        config = BrokerFixture.config(dir);
        busConfig = new KafkaBusConfig(config.bootstrapServers(), "test");
        broker = EmbeddedBroker.start(config);
        bus = new KafkaBus(busConfig);
    }

    @BeforeAll
    void createTopics() throws Exception {
        bus.createTopics();
        bus.createTopics();
    }

    @AfterAll
    void stop() {
        bus.close();
        broker.close();
    }

    @Override
    protected Bus bus() {
        return bus;
    }

    @Override
    protected void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + PATIENCE);
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    @Override
    protected Instant tick() {
        long last = System.currentTimeMillis();
        await(() -> System.currentTimeMillis() > last);
        return Instant.ofEpochMilli(last + 1);
    }

    @Test
    void recordsOfATransactionThatIsGivenUpAreNeverSeen() throws Exception {
        Map<String, Object> properties = new HashMap<>(ClientProperties.producer(busConfig));
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "given-up");
        try (var producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            Future<?> unused = producer.send(RecordCodec.toKafka(record(20, "a", "half")));
            producer.flush();
            // its records are on disk and the transaction open: whoever opens the id next ends it
            try (Bus.TransactionalPublisher successor = bus.transactional("given-up")) {
                successor.publish(List.of(record(20, "b", "whole")));
            }
        }
        RecordingReader reader = follow(Topic.ASSIGNMENTS, Map.of(20, new Bus.Position.Beginning()));
        await(() -> !reader.readWhenCaughtUp().isEmpty());
        assertThat(reader.values()).containsExactly("whole");
        assertThat(bus.latest(Topic.ASSIGNMENTS, List.of(20))).hasSize(1);
    }

    @Test
    void eachRecordIsReadOnceAndInOrderWhileOtherProcessesWriteToo() throws Exception {
        RecordingReader here = follow(Topic.EVENTS, Map.of(5, new Bus.Position.Beginning()));
        try (Bus elsewhere = new KafkaBus(busConfig);
                Bus.TransactionalPublisher publisher = bus.transactional("here");
                Bus.TransactionalPublisher other = elsewhere.transactional("elsewhere")) {
            for (int i = 0; i < 150; i++) {
                CompletableFuture<Long> between = elsewhere.publish(event("plain" + i));
                publisher.publish(List.of(event("a" + i), event("b" + i)));
                if (i % 5 == 0) {
                    other.publish(List.of(event("other" + i)));
                }
                if (i % 2 == 0) {
                    between.join();
                }
            }
        }
        await(() -> here.records().size() >= 480);
        RecordingReader replay = follow(Topic.EVENTS, Map.of(5, new Bus.Position.Beginning()));
        await(() -> !replay.readWhenCaughtUp().isEmpty());
        assertThat(here.records()).hasSize(480);
        assertThat(here.records().stream().map(InRecord::offset).toList())
                .isEqualTo(replay.records().stream().map(InRecord::offset).toList());
        assertThat(here.values()).isEqualTo(replay.values());
        assertThat(here.records().stream().map(InRecord::time).toList())
                .isEqualTo(replay.records().stream().map(InRecord::time).toList());
    }

    private static OutRecord event(String value) {
        return new OutRecord(Topic.EVENTS, 5, "actor", value.getBytes(StandardCharsets.UTF_8), 7, false);
    }

    @Test
    void readerIsToldOfABrokerThatIsAwayAndGoesOnWhenItIsBack() throws Exception {
        RecordingReader reader = follow(Topic.REPORTS, Map.of(15, new Bus.Position.Beginning()));
        offset(report(15, "before"));
        await(() -> reader.records().size() == 1);
        broker.close();
        await(() -> !reader.interruptions().isEmpty());
        broker = EmbeddedBroker.start(config);
        offset(report(15, "after"));
        await(() -> reader.records().size() == 2);
        assertThat(reader.values()).containsExactly("before", "after");
        assertThat(reader.interruptions()).hasSize(1);
        assertThat(reader.failure()).isNull();
    }
}
