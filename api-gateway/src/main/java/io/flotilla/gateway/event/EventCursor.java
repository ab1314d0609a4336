package io.flotilla.gateway.event;

import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.Topic;
import io.flotilla.gateway.error.ApiException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How far a client has read the events: in partitions it has had an event of, by offset, in the others by time. As text,
 * which is opaque to clients: nanoseconds, then {@code -partition.offset} for each.
 */
record EventCursor(long sinceNanos, Map<Integer, Long> next) {
    private static final Pattern TEXT = Pattern.compile("\\d{1,19}(?:-\\d{1,3}\\.\\d{1,18}){0,64}");

    EventCursor {
        next = Map.copyOf(next);
    }

    static EventCursor since(long nanos) {
        return new EventCursor(nanos, Map.of());
    }

    /** @throws ApiException 400 when it is none of ours */
    static EventCursor parse(String text) {
        try {
            if (!TEXT.matcher(text).matches()) {
                throw ApiException.invalid("invalid cursor: " + text);
            }
            String[] parts = text.split("-");
            Map<Integer, Long> next = new HashMap<>();
            for (int i = 1; i < parts.length; i++) {
                String[] place = parts[i].split("\\.");
                next.put(Integer.valueOf(place[0]), Long.valueOf(place[1]));
            }
            return new EventCursor(Long.parseLong(parts[0]), next);
        } catch (NumberFormatException e) {
            throw new ApiException(400, "invalid cursor: " + text, e);
        }
    }

    EventCursor after(Event event) {
        Map<Integer, Long> moved = new HashMap<>(next);
        moved.merge(event.partition(), event.offset() + 1, Math::max);
        return new EventCursor(sinceNanos, moved);
    }

    /** Whether the client has not had it. */
    boolean includes(Event event) {
        Long offset = next.get(event.partition());
        return offset == null ? event.timeNanos() >= sinceNanos : event.offset() >= offset;
    }

    /** Where to begin to read. */
    Map<Integer, Bus.Position> positions() {
        // records carry the time of publishing, which is after the event's own
        Bus.Position byTime = new Bus.Position.Time(Instant.ofEpochSecond(0, sinceNanos));
        Map<Integer, Bus.Position> positions = new HashMap<>();
        for (int partition = 0; partition < Topic.EVENTS.partitions(); partition++) {
            Long offset = next.get(partition);
            positions.put(partition, offset == null ? byTime : new Bus.Position.Offset(offset));
        }
        return positions;
    }

    @Override
    public String toString() {
        return sinceNanos
                + new TreeMap<>(next)
                        .entrySet().stream()
                                .map(place -> "-" + place.getKey() + "." + place.getValue())
                                .collect(Collectors.joining());
    }
}
