package io.flotilla.gateway.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Query;
import io.flotilla.gateway.stream.Sink;
import io.flotilla.gateway.version.ApiVersion;
import io.flotilla.gateway.version.Shape;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** GET /events. */
@Path("/events")
@RunOnVirtualThread
public class EventResource {
    private static final byte[] NEWLINE = "\n".getBytes(StandardCharsets.UTF_8);

    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public EventResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    public Response events() {
        Query query = request.query();
        long since = query.nanos("since");
        long until = query.nanos("until");
        if (since > 0 && until > 0 && since > until) {
            throw ApiException.invalid("`since` time (" + query.text("since") + ") cannot be after `until` time ("
                    + query.text("until") + ")");
        }
        boolean withCursor = query.has("cursor");
        EventCursor cursor = query.text("cursor").isEmpty()
                ? EventCursor.since(since > 0 || until > 0 ? since : now())
                : EventCursor.parse(query.text("cursor"));
        // dockerd begins with all it remembers as soon as either end is given
        boolean replay = since > 0 || until > 0 || !query.text("cursor").isEmpty();
        Wanted wanted = new Wanted(new EventFilter(query.filters()), cursor, replay, until, withCursor);
        ApiVersion version = request.version();
        EventFeed feed = gateway.events();
        return request.stream(
                version.before(52) ? "application/json" : "application/x-ndjson",
                sink -> send(feed, wanted, version, sink));
    }

    /**
     * What a client asked for.
     *
     * @param from where it begins
     * @param replay begin with what happened before
     * @param withCursor each event tells how to go on after it
     */
    private record Wanted(EventFilter filter, EventCursor from, boolean replay, long until, boolean withCursor) {}

    private static void send(EventFeed feed, Wanted wanted, ApiVersion version, Sink sink) throws IOException {
        long until = wanted.until();
        try (EventStream stream = feed.open(wanted.filter())) {
            sink.onGone(stream::end);
            sink.flushHead();
            EventCursor cursor = wanted.from();
            if (wanted.replay()) {
                List<Event> history = feed.history(
                        cursor, event -> within(event, until) && wanted.filter().includes(event.message()));
                stream.skip(history);
                for (Event event : history) {
                    cursor = cursor.after(event);
                    write(event, wanted.withCursor() ? cursor : null, version, sink);
                }
            }
            Optional<Long> deadline = until == 0 ? Optional.empty() : Optional.of(System.nanoTime() + until - now());
            for (Optional<Event> next = stream.next(deadline); next.isPresent(); next = stream.next(deadline)) {
                if (within(next.get(), until)) {
                    cursor = cursor.after(next.get());
                    write(next.get(), wanted.withCursor() ? cursor : null, version, sink);
                }
            }
        }
    }

    private static boolean within(Event event, long until) {
        return until == 0 || event.timeNanos() <= until;
    }

    private static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    private static void write(Event event, @Nullable EventCursor cursor, ApiVersion version, Sink sink)
            throws IOException {
        JsonNode json = Shape.EVENT.adapt(Codec.JSON.mapper().valueToTree(event.message()), version);
        if (cursor != null) {
            ((ObjectNode) json).put("Cursor", cursor.toString());
        }
        byte[] line = Codec.JSON.encode(json);
        byte[] withEnd = new byte[line.length + NEWLINE.length];
        System.arraycopy(line, 0, withEnd, 0, line.length);
        System.arraycopy(NEWLINE, 0, withEnd, line.length, NEWLINE.length);
        sink.write(withEnd);
    }
}
