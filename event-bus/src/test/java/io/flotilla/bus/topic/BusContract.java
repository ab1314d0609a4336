package io.flotilla.bus.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What any {@link Bus} promises. Tests share one bus: each has partitions of its own. */
public abstract class BusContract {
    private final List<Bus.Subscription> subscriptions = new ArrayList<>();

    protected abstract Bus bus();

    /** Lets the bus work until the condition holds; fails when it never does. */
    protected abstract void await(BooleanSupplier condition);

    /** The next record published has a later time than all before. */
    protected abstract Instant tick();

    @AfterEach
    void closeSubscriptions() {
        subscriptions.forEach(Bus.Subscription::close);
    }

    @Test
    void recordsOfAPartitionKeepTheirOrderAndContent() throws Exception {
        for (int i = 0; i < 500; i++) {
            offset(new OutRecord(Topic.REPORTS, 0, "k" + i, bytes("v" + i), i, i % 2 == 0));
        }
        RecordingReader reader = follow(Topic.REPORTS, Map.of(0, new Bus.Position.Beginning()));
        await(() -> reader.records().size() == 500);
        for (int i = 0; i < 500; i++) {
            InRecord in = reader.records().get(i);
            assertThat(in.key()).isEqualTo("k" + i);
            assertThat(RecordingReader.value(in)).isEqualTo("v" + i);
            assertThat(in.index()).isEqualTo(i);
            assertThat(in.endOfBatch()).isEqualTo(i % 2 == 0);
            assertThat(in.partition()).isZero();
            assertThat(in.topic()).isEqualTo(Topic.REPORTS);
        }
        assertThat(reader.records()).extracting(InRecord::offset).isSorted();
    }

    @Test
    void batchOfATransactionalPublisherArrivesWholeAndInOrder() throws Exception {
        RecordingReader reader =
                follow(Topic.ASSIGNMENTS, Map.of(1, new Bus.Position.Beginning(), 2, new Bus.Position.Beginning()));
        try (Bus.TransactionalPublisher publisher = bus().transactional("whole")) {
            publisher.publish(List.of(record(1, "a", "1"), record(2, "b", "2"), record(1, "c", "3")));
            publisher.publish(List.of());
            publisher.publish(List.of(record(1, "d", "4")));
        }
        await(() -> reader.records().size() == 4);
        assertThat(reader.records().stream().filter(in -> in.partition() == 1).map(RecordingReader::value))
                .containsExactly("1", "3", "4");
    }

    @Test
    void subscriptionFindsWhatWasPublishedBeforeItBeganAmongWhatWasThere() throws Exception {
        try (Bus.TransactionalPublisher publisher = bus().transactional("before")) {
            for (int published = 1; published <= 20; published++) {
                publisher.publish(List.of(record(11, "k" + published, "v" + published)));
                RecordingReader reader = follow(Topic.ASSIGNMENTS, Map.of(11, new Bus.Position.Beginning()));
                await(() -> !reader.readWhenCaughtUp().isEmpty());
                assertThat(reader.readWhenCaughtUp()).containsExactly(published);
            }
        }
    }

    @Test
    void eachRecordIsReadOnceAndInOrderWhenOthersWriteBetweenTransactions() throws Exception {
        RecordingReader reader =
                follow(Topic.EVENTS, Map.of(2, new Bus.Position.Beginning(), 3, new Bus.Position.Beginning()));
        List<String> published = new ArrayList<>();
        try (Bus.TransactionalPublisher publisher = bus().transactional("between")) {
            for (int i = 0; i < 200; i++) {
                if (i % 3 == 0) {
                    offset(event(2, "alone" + i));
                    published.add("alone" + i);
                }
                publisher.publish(List.of(event(2, "a" + i), event(3, "other" + i), event(2, "b" + i)));
                published.addAll(List.of("a" + i, "b" + i));
            }
        }
        await(() -> reader.records().size() >= published.size() + 200);
        assertThat(reader.records().stream().filter(in -> in.partition() == 2).map(RecordingReader::value))
                .containsExactlyElementsOf(published);
        assertThat(reader.records().stream().filter(in -> in.partition() == 3).map(RecordingReader::value))
                .containsExactlyElementsOf(
                        IntStream.range(0, 200).mapToObj(i -> "other" + i).toList());
        assertThat(reader.records().stream().filter(in -> in.partition() == 2).map(InRecord::offset))
                .isSorted();
    }

    private static OutRecord event(int partition, String value) {
        return new OutRecord(Topic.EVENTS, partition, "actor", bytes(value), 1, false);
    }

    @Test
    void recordOverTheLimitIsRefusedWithItsWholeBatch() throws Exception {
        byte[] tooLong = new byte[Bus.MAX_VALUE_BYTES + 1];
        byte[] longest = new byte[Bus.MAX_VALUE_BYTES];
        try (Bus.TransactionalPublisher publisher = bus().transactional("limit")) {
            assertThatThrownBy(() -> publisher.publish(List.of(
                            record(3, "before", "x"), new OutRecord(Topic.ASSIGNMENTS, 3, "long", tooLong, 1, true))))
                    .isInstanceOfSatisfying(
                            BusException.class, e -> assertThat(e.retryable()).isFalse());
            publisher.publish(List.of(new OutRecord(Topic.ASSIGNMENTS, 3, "longest", longest, 1, true)));
        }
        assertThat(bus().publish(new OutRecord(Topic.ASSIGNMENTS, 3, "long", tooLong, 1, true)))
                .failsWithin(10, TimeUnit.SECONDS);
        RecordingReader reader = follow(Topic.ASSIGNMENTS, Map.of(3, new Bus.Position.Beginning()));
        await(() -> !reader.readWhenCaughtUp().isEmpty());
        assertThat(reader.records()).extracting(InRecord::key).containsExactly("longest");
    }

    @Test
    void laterPublisherFencesTheEarlierOne() throws Exception {
        try (Bus.TransactionalPublisher old = bus().transactional("fence")) {
            old.publish(List.of(record(4, "a", "old")));
            try (Bus.TransactionalPublisher next = bus().transactional("fence")) {
                assertThatThrownBy(() -> old.publish(List.of(record(4, "b", "late"))))
                        .isInstanceOf(BusException.Fenced.class);
                assertThatThrownBy(() -> old.publish(List.of(record(4, "b", "later"))))
                        .isInstanceOf(BusException.Fenced.class);
                next.publish(List.of(record(4, "c", "new")));
            }
        }
        RecordingReader reader = follow(Topic.ASSIGNMENTS, Map.of(4, new Bus.Position.Beginning()));
        await(() -> reader.records().size() >= 2);
        assertThat(reader.values()).containsExactly("old", "new");
    }

    @Test
    void subscriptionBeginsWhereItIsTold() throws Exception {
        offset(report(5, "0"));
        long second = offset(report(5, "1"));
        Instant between = tick();
        offset(report(5, "2"));
        RecordingReader fromBeginning = follow(Topic.REPORTS, Map.of(5, new Bus.Position.Beginning()));
        RecordingReader fromOffset = follow(Topic.REPORTS, Map.of(5, new Bus.Position.Offset(second)));
        RecordingReader fromTime = follow(Topic.REPORTS, Map.of(5, new Bus.Position.Time(between)));
        RecordingReader fromEnd = follow(Topic.REPORTS, Map.of(5, new Bus.Position.End()));
        RecordingReader fromLater = follow(Topic.REPORTS, Map.of(5, new Bus.Position.Time(between.plusSeconds(3600))));
        await(() -> !fromEnd.readWhenCaughtUp().isEmpty()
                && !fromLater.readWhenCaughtUp().isEmpty());
        offset(report(5, "3"));
        await(() -> fromBeginning.records().size() == 4
                && fromOffset.records().size() == 3
                && fromTime.records().size() == 2
                && fromEnd.records().size() == 1
                && fromLater.records().size() == 1);
        assertThat(fromOffset.values()).containsExactly("1", "2", "3");
        assertThat(fromTime.values()).containsExactly("2", "3");
        assertThat(fromEnd.values()).containsExactly("3");
    }

    @Test
    void caughtUpIsToldOnceAfterWhatWasThere() throws Exception {
        RecordingReader empty =
                follow(Topic.REPORTS, Map.of(6, new Bus.Position.Beginning(), 7, new Bus.Position.Beginning()));
        await(() -> !empty.readWhenCaughtUp().isEmpty());
        for (int i = 0; i < 20; i++) {
            offset(report(6, "v" + i));
        }
        RecordingReader full =
                follow(Topic.REPORTS, Map.of(6, new Bus.Position.Beginning(), 7, new Bus.Position.Beginning()));
        await(() -> !full.readWhenCaughtUp().isEmpty() && empty.records().size() == 20);
        assertThat(empty.readWhenCaughtUp()).containsExactly(0);
        assertThat(full.readWhenCaughtUp()).containsExactly(20);
        offset(report(7, "more"));
        await(() -> full.records().size() == 21);
        assertThat(full.readWhenCaughtUp()).hasSize(1);
    }

    @Test
    void latestHasTheLastRecordOfEachKeyAndNoRemovedOne() throws Exception {
        assertThat(bus().latest(Topic.ASSIGNMENTS, List.of(8, 9))).isEmpty();
        try (Bus.TransactionalPublisher publisher = bus().transactional("latest")) {
            publisher.publish(List.of(record(8, "a", "1"), record(8, "b", "2"), record(9, "a", "3")));
            publisher.publish(List.of(record(8, "a", "4"), record(8, "b", null), record(8, "c", "5")));
        }
        assertThat(bus().latest(Topic.ASSIGNMENTS, List.of(8, 9)))
                .extracting(in -> in.partition() + in.key() + RecordingReader.value(in))
                .containsExactly("8a4", "8c5", "9a3");
    }

    @Test
    void removalIsReadAsNoValue() throws Exception {
        offset(record(10, "a", "1"));
        offset(record(10, "a", null));
        RecordingReader reader = follow(Topic.ASSIGNMENTS, Map.of(10, new Bus.Position.Beginning()));
        await(() -> reader.records().size() == 2);
        assertThat(reader.records().getLast().value()).isNull();
    }

    @Test
    void closedSubscriptionReadsNothingMore() throws Exception {
        RecordingReader reader = new RecordingReader();
        Bus.Subscription subscription = bus().subscribe(Topic.REPORTS, Map.of(8, new Bus.Position.Beginning()), reader);
        offset(report(8, "a"));
        await(() -> reader.records().size() == 1);
        subscription.close();
        offset(report(8, "b"));
        RecordingReader witness = follow(Topic.REPORTS, Map.of(8, new Bus.Position.Beginning()));
        await(() -> witness.records().size() == 2);
        assertThat(reader.records()).hasSize(1);
        assertThat(reader.failure()).isNull();
    }

    @Test
    void subscriptionMayBeClosedByItsReader() throws Exception {
        var seen = new RecordingReader();
        var subscription = new Bus.Subscription[1];
        offset(report(9, "a"));
        subscription[0] = bus().subscribe(Topic.REPORTS, Map.of(9, new Bus.Position.End()), new Bus.Reader() {
            @Override
            public void read(List<InRecord> records) {
                seen.read(records);
                subscription[0].close();
            }

            @Override
            public void caughtUp() {
                seen.caughtUp();
            }

            @Override
            public void failed(Throwable cause) {
                seen.failed(cause);
            }
        });
        await(() -> !seen.readWhenCaughtUp().isEmpty());
        offset(report(9, "b"));
        await(() -> seen.records().size() == 1);
        offset(report(9, "c"));
        RecordingReader witness = follow(Topic.REPORTS, Map.of(9, new Bus.Position.Beginning()));
        await(() -> witness.records().size() == 3);
        assertThat(seen.values()).containsExactly("b");
        assertThat(seen.failure()).isNull();
    }

    @Test
    void exceptionOfTheReaderEndsTheSubscription() throws Exception {
        RecordingReader reader = follow(Topic.REPORTS, Map.of(10, new Bus.Position.Beginning()));
        offset(new OutRecord(Topic.REPORTS, 10, "poison", bytes("x"), 0, false));
        await(() -> reader.failure() != null);
        assertThat(reader.failure()).hasMessage("poisoned");
        offset(report(10, "y"));
        RecordingReader witness = follow(Topic.REPORTS, Map.of(10, new Bus.Position.Offset(1)));
        await(() -> witness.records().size() == 1);
        assertThat(reader.records()).hasSize(1);
    }

    // ---- shorthand

    protected RecordingReader follow(Topic topic, Map<Integer, Bus.Position> from) {
        RecordingReader reader = new RecordingReader();
        subscriptions.add(bus().subscribe(topic, from, reader));
        return reader;
    }

    protected static OutRecord record(int partition, String key, @Nullable String value) {
        return new OutRecord(Topic.ASSIGNMENTS, partition, key, value == null ? null : bytes(value), 7, false);
    }

    protected static OutRecord report(int partition, String value) {
        return new OutRecord(Topic.REPORTS, partition, "node", bytes(value), 0, false);
    }

    protected long offset(OutRecord record) throws InterruptedException, ExecutionException {
        return bus().publish(record).orTimeout(20, TimeUnit.SECONDS).get();
    }

    protected static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
