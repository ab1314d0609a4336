package io.flotilla.bus.memory;

import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A subscription that reads when it is told to. */
public final class MemorySubscription implements Bus.Subscription {
    private final MemoryBus bus;
    private final Topic topic;
    private final Map<Integer, Long> next;
    private final Bus.Reader reader;
    private boolean caughtUp;
    private boolean ended;

    MemorySubscription(MemoryBus bus, Topic topic, Map<Integer, Long> next, Bus.Reader reader) {
        this.bus = bus;
        this.topic = topic;
        this.next = next;
        this.reader = reader;
    }

    /** Hands everything there is to the reader; true when there was something to tell. */
    public boolean deliver() {
        if (ended || !bus.reachable()) {
            return false;
        }
        List<InRecord> read = new ArrayList<>();
        next.replaceAll((partition, offset) -> {
            List<InRecord> records = bus.from(topic, partition, offset);
            read.addAll(records);
            return records.isEmpty() ? offset : records.getLast().offset() + 1;
        });
        boolean tellCaughtUp = !caughtUp && !next.isEmpty();
        try {
            if (!read.isEmpty()) {
                reader.read(List.copyOf(read));
            }
            if (tellCaughtUp && !ended) {
                caughtUp = true;
                reader.caughtUp();
            }
        } catch (RuntimeException | Error e) {
            close();
            reader.failed(e);
        }
        return tellCaughtUp || !read.isEmpty();
    }

    void interrupt(BusException reason) {
        if (!ended) {
            reader.interrupted(reason);
        }
    }

    @Override
    public void close() {
        ended = true;
        bus.ended(this);
    }
}
