package io.flotilla.bus.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusContract;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.RecordingReader;
import io.flotilla.bus.topic.Topic;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

final class MemoryBusTest extends BusContract {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final MemoryBus bus = new MemoryBus(() -> now);

    @Override
    protected Bus bus() {
        return bus;
    }

    @Override
    protected void await(BooleanSupplier condition) {
        while (bus.deliver()) {
            // until everybody has read everything
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    @Override
    protected Instant tick() {
        now = now.plusSeconds(1);
        return now;
    }

    @Test
    void outageFailsCallsAndHoldsDeliveryBack() throws Exception {
        RecordingReader reader = follow(Topic.REPORTS, Map.of(0, new Bus.Position.Beginning()));
        offset(report(0, "before"));
        bus.outage(new BusException("the bus is away", true, null));
        assertThat(bus.deliver()).isFalse();
        assertThat(bus.publish(report(0, "lost"))).failsWithin(1, TimeUnit.SECONDS);
        assertThat(reader.interruptions()).hasSize(1);
        bus.outage(null);
        await(() -> reader.values().equals(List.of("before")));
    }

    @Test
    void whatIsOlderThanTheRetentionIsGone() throws Exception {
        offset(report(0, "old"));
        now = now.plus(Topic.REPORTS.retention()).plusSeconds(1);
        offset(report(0, "new"));
        RecordingReader reader = follow(Topic.REPORTS, Map.of(0, new Bus.Position.Beginning()));
        await(() -> reader.values().equals(List.of("new")));
    }

    @Test
    void compactionKeepsTheLastRecordOfAKeyAtItsOffset() throws Exception {
        offset(record(0, "a", "1"));
        offset(record(0, "b", "2"));
        long last = offset(record(0, "a", "3"));
        offset(record(0, "b", null));
        bus.compact();
        RecordingReader reader = follow(Topic.ASSIGNMENTS, Map.of(0, new Bus.Position.Beginning()));
        await(() -> reader.values().equals(List.of("3")));
        assertThat(reader.records()).extracting(InRecord::offset).containsExactly(last);
        assertThat(offset(new OutRecord(Topic.ASSIGNMENTS, 0, "c", bytes("4"), 0, false)))
                .isEqualTo(last + 2);
    }
}
