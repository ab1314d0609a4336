package io.flotilla.gateway.http;

import io.netty.channel.Channel;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;

/**
 * What becomes of the part of a request's body that its answer left unread: Vert.x waits for it, and a client that reads
 * no answer before it has sent everything would wait for ever. As Go's net/http, up to 256 KiB are read away and the
 * connection goes on; with more, or with a length nobody knows, the answer says {@code Connection: close} and the
 * connection ends in a {@link LingeringClose}. Unlike Go, the answer is sent first.
 *
 * <p>Its handlers are called by the thread that writes the answer.
 */
final class UnreadBody {
    /** maxPostHandlerReadBytes of Go's net/http. */
    private static final long MAX_READ_AWAY_BYTES = 256 << 10;

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private volatile boolean closing;

    private UnreadBody(RoutingContext http) {
        this.request = http.request();
        this.response = http.response();
    }

    /** To be called once for a request, after the last reroute, which forgets handlers. */
    static void watch(RoutingContext http) {
        if (hasBody(http.request())) {
            UnreadBody body = new UnreadBody(http);
            http.addHeadersEndHandler(ignored -> body.announce());
            http.addBodyEndHandler(ignored -> body.channel().eventLoop().execute(body::dispose));
        }
    }

    /** RFC 9112, 6.3: a request with neither header has no body. */
    private static boolean hasBody(HttpServerRequest request) {
        return request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
                || request.headers().contains(HttpHeaders.CONTENT_LENGTH);
    }

    private void announce() {
        // a connection that switches protocols is its caller's alone
        closing = response.getStatusCode() != 101 && !isSmall() && !isRead();
        if (closing) {
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
    }

    /**
     * A client that asked for leave to send, and got none, may send the body or the next request: the connection can't be
     * used again (RFC 9110, 10.1.1).
     */
    private boolean isSmall() {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length != null
                && !request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
                && !request.headers().contains(HttpHeaders.EXPECT)
                && Long.parseLong(length) - request.bytesRead() <= MAX_READ_AWAY_BYTES;
    }

    /** A paused request never says that it has ended, and a reader leaves it paused behind it. */
    private boolean isRead() {
        return request.isEnded() || request.fetch(1).isEnded();
    }

    private void dispose() {
        if (closing) {
            LingeringClose.begin(channel());
        } else if (!request.isEnded()) {
            request.handler(ignored -> {}).resume();
        }
    }

    private Channel channel() {
        return ((ConnectionBase) request.connection()).channel();
    }
}
