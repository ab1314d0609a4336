package io.flotilla.gateway.event;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.bus.topic.InRecord;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import org.jboss.logging.Logger;

/** An event and its place on flotilla.events. */
record Event(int partition, long offset, EventMessage message) {
    private static final Logger LOG = Logger.getLogger(Event.class);

    /** Empty for a record somebody else put on the topic. */
    static Optional<Event> of(InRecord record) {
        if (record.value() == null) {
            return Optional.empty();
        }
        try {
            EventMessage message = Codec.JSON.decode(record.value(), EventMessage.class);
            return Optional.of(new Event(record.partition(), record.offset(), message));
        } catch (IOException e) {
            LOG.warnf("no event at %d:%d of flotilla.events: %s", record.partition(), record.offset(), e.getMessage());
            return Optional.empty();
        }
    }

    long timeNanos() {
        return Objects.requireNonNullElse(message.timeNano(), 0L);
    }
}
