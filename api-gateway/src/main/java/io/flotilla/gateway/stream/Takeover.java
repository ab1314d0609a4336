package io.flotilla.gateway.stream;

import io.flotilla.gateway.error.ApiException;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import org.jboss.logging.Logger;

/**
 * The answer of a call that makes a plain two-way connection of the client's.
 *
 * @param session is run with the connection on the call's virtual thread, and closes it
 */
public record Takeover(HttpServerRequest request, Kind kind, Session session) implements ConnectionAnswer {
    private static final Logger LOG = Logger.getLogger(Takeover.class);

    /** How the client wants it. */
    public sealed interface Kind {
        /** "101 UPGRADED" for a client that asked for an upgrade, else 200. @param mediaType of what is sent to it */
        record Hijack(String mediaType) implements Kind {}

        record WebSocket() implements Kind {}
    }

    @FunctionalInterface
    public interface Session {
        void run(ClientConnection client) throws IOException;

        /** In place of {@link #run}: the client has left before its connection could be taken. */
        default void abandoned() {}
    }

    /** The media type of a stream for a version of the API: before 1.42 there was one for both framings. */
    public static String mediaType(boolean multiplexed, boolean before142) {
        return "application/vnd.docker." + (multiplexed && !before142 ? "multiplexed" : "raw") + "-stream";
    }

    public static Response hijack(HttpServerRequest request, String mediaType, Session session) {
        return Response.ok(new Takeover(request, new Kind.Hijack(mediaType), session))
                .build();
    }

    public static Response webSocket(HttpServerRequest request, Session session) {
        return Response.ok(new Takeover(request, new Kind.WebSocket(), session)).build();
    }

    @Override
    public void send() {
        ClientConnection taken;
        try {
            taken = connect();
        } catch (IOException e) {
            session.abandoned();
            if (!request.response().closed()) {
                LOG.warnf("no session: %s", e.getMessage());
            }
            return;
        }
        try (taken) {
            session.run(taken);
        } catch (Sink.ClientGone e) {
            LOG.debug("client left a session");
        } catch (IOException | ApiException e) {
            if (!taken.gone()) {
                LOG.warnf("a session was cut off: %s", e.getMessage());
            }
        }
    }

    private ClientConnection connect() throws IOException {
        return switch (kind) {
            case Kind.WebSocket ignored -> WebSocketConnection.take(request);
            case Kind.Hijack(String mediaType) -> HijackedConnection.take(request, head(mediaType));
        };
    }

    // as api/server/router/container: which is not quite what HTTP wants, but what clients parse
    private String head(String mediaType) {
        StringBuilder head = new StringBuilder();
        if (request.getHeader("Upgrade") == null) {
            head.append("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n");
        } else {
            head.append("HTTP/1.1 101 UPGRADED\r\nContent-Type: ")
                    .append(mediaType)
                    .append("\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n");
        }
        request.response()
                .headers()
                .forEach((name, value) ->
                        head.append(name).append(": ").append(value).append("\r\n"));
        return head.append("\r\n").toString();
    }
}
