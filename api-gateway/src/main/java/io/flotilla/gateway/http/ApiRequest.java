package io.flotilla.gateway.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.log.Logs;
import io.flotilla.gateway.query.Query;
import io.flotilla.gateway.rpc.NodeStream;
import io.flotilla.gateway.stream.StreamAnswer;
import io.flotilla.gateway.stream.StreamBody;
import io.flotilla.gateway.version.ApiVersion;
import io.flotilla.gateway.version.Shape;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The call being answered: its version, query and body as Docker reads them, and its answer as Docker writes it. */
@RequestScoped
public class ApiRequest {
    /**
     * A service with hundreds of mounts and secrets is some ten KiB. What a client asks for is kept in several forms (wanted,
     * seen, of each task before), each of which has to fit into a record of the bus and an entry of the Raft log.
     */
    static final int MAX_JSON_BYTES = 512 << 10;
    /** A config's 1,000 KiB in base 64, with some labels. */
    static final int MAX_VALUE_JSON_BYTES = 1536 << 10;

    private final RoutingContext http;

    @Inject
    public ApiRequest(RoutingContext http) {
        this.http = http;
    }

    public ApiVersion version() {
        return VersionFilter.versionOf(http);
    }

    public Query query() {
        try {
            return new Query(http.queryParams());
        } catch (HttpException | IllegalArgumentException e) {
            throw new ApiException(400, "invalid query string", e);
        }
    }

    public @Nullable String header(String name) {
        return http.request().getHeader(name);
    }

    /**
     * Reads a JSON body.
     *
     * @throws ApiException 400 when it is none, is not of the type or is missing; 413 beyond 512 KiB
     */
    public <T> T read(InputStream body, Class<T> type) {
        return StrictJson.read(jsonBytes(body, MAX_JSON_BYTES), type);
    }

    /** As {@link #read}, of what has the data of a secret or a config in it; 413 beyond 1.5 MiB. */
    public <T> T readValue(InputStream body, Class<T> type) {
        return StrictJson.read(jsonBytes(body, MAX_VALUE_JSON_BYTES), type);
    }

    /** As {@link #read}, and refuses fields that are not known and ask for something. */
    public <T> T readCompletely(InputStream body, Class<T> type) {
        return StrictJson.readCompletely(jsonBytes(body, MAX_JSON_BYTES), type);
    }

    private byte[] jsonBytes(InputStream body, int maxBytes) {
        byte[] bytes = bytes(body, maxBytes);
        if (bytes.length == 0) {
            throw ApiException.invalid("invalid JSON: got EOF while reading request body");
        }
        requireJson();
        return bytes;
    }

    private static byte[] bytes(InputStream body, int maxBytes) {
        try {
            byte[] bytes = body.readNBytes(maxBytes + 1);
            if (bytes.length > maxBytes) {
                throw new ApiException(413, "request body too large: the limit is " + maxBytes + " bytes");
            }
            return bytes;
        } catch (IOException e) {
            throw new ApiException(400, "cannot read the request body: " + e.getMessage(), e);
        }
    }

    private void requireJson() {
        String contentType = Objects.requireNonNullElse(header("Content-Type"), "");
        String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (!type.equals(MediaType.APPLICATION_JSON)) {
            throw ApiException.invalid(
                    "unsupported Content-Type header (" + contentType + "): must be 'application/json'");
        }
    }

    public Response json(Object value) {
        return json(200, Shape.PLAIN, value);
    }

    /** A value of the schema, or JSON already, in the shape of the client's version. */
    public Response json(Shape shape, Object value) {
        return json(200, shape, value);
    }

    public Response json(int status, Shape shape, Object value) {
        JsonNode tree = shape.adapt(Codec.JSON.mapper().valueToTree(value), version());
        return encoded(status, Codec.JSON.encode(tree));
    }

    /** JSON that is text already, in the shape of the client's version. */
    public Response encodedJson(byte[] json) {
        return encoded(200, json);
    }

    private static Response encoded(int status, byte[] json) {
        return Response.status(status)
                .type(MediaType.APPLICATION_JSON)
                .entity(json)
                .build();
    }

    public Response empty(int status) {
        return Response.status(status).build();
    }

    /** An answer that comes into being while it is written. */
    public Response stream(String mediaType, StreamBody body) {
        return Response.ok(new StreamAnswer(http.response(), body), mediaType).build();
    }

    /**
     * The first of what a node sends, so that its refusal can become the answer's status. A client that leaves meanwhile ends
     * the node's call.
     */
    public <T> @Nullable T first(NodeStream<T> replies) {
        HttpServerResponse response = http.response();
        response.closeHandler(left -> replies.close());
        if (response.closed()) {
            replies.close();
        }
        return replies.next();
    }

    /** A log; before API 1.42 there was one media type for both framings. */
    public Response log(Logs.Log log) {
        boolean multiplexed = log.multiplexed() && !version().before(42);
        return stream("application/vnd.docker." + (multiplexed ? "multiplexed" : "raw") + "-stream", log.body());
    }

    /** The error body of every call. */
    static byte[] errorBody(String message) {
        return Codec.JSON.encode(Map.of("message", message));
    }
}
