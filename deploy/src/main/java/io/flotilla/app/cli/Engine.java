package io.flotilla.app.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.codec.Codec;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A client of the Engine API over its socket, for the commands: the same calls any Docker client makes. */
final class Engine implements AutoCloseable {
    private static final int TIMEOUT_SECONDS = 30;

    private final Vertx vertx =
            Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
    private final HttpClient http = vertx.createHttpClient();
    private final String socket;

    Engine(String socket) {
        this.socket = socket;
    }

    /** @param body parsed; missing when the answer had none */
    record Answer(int status, JsonNode body) {
        /** The body of a 2xx answer. @throws IOException with Docker's message otherwise */
        JsonNode expect(String what) throws IOException {
            if (status / 100 != 2) {
                throw new IOException(what + ": " + body.path("message").asText("HTTP " + status));
            }
            return body;
        }
    }

    Answer get(String path) throws IOException, InterruptedException {
        return call(HttpMethod.GET, path, null, "application/json");
    }

    Answer delete(String path) throws IOException, InterruptedException {
        return call(HttpMethod.DELETE, path, null, "application/json");
    }

    Answer post(String path, Object json) throws IOException, InterruptedException {
        return call(HttpMethod.POST, path, Codec.JSON.encode(json), "application/json");
    }

    Answer postTar(String path, byte[] tar) throws IOException, InterruptedException {
        return call(HttpMethod.POST, path, tar, "application/x-tar");
    }

    private Answer call(HttpMethod method, String path, byte @Nullable [] body, String type)
            throws IOException, InterruptedException {
        RequestOptions options = new RequestOptions()
                .setMethod(method)
                .setURI(path)
                .setHost("localhost")
                .setServer(SocketAddress.domainSocketAddress(socket));
        Future<Answer> answer = http.request(options).compose(request -> {
            Future<io.vertx.core.http.HttpClientResponse> response = body == null
                    ? request.send()
                    : request.putHeader("Content-Type", type).send(Buffer.buffer(body));
            return response.compose(
                    r -> r.body().compose(bytes -> parse(r.statusCode(), r.getHeader("Content-Type"), bytes)));
        });
        try {
            return answer.toCompletionStage().toCompletableFuture().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IOException(method + " " + path + ": " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new IOException(method + " " + path + ": no answer within " + TIMEOUT_SECONDS + " s", e);
        }
    }

    /** An answer that is several JSON objects (progress lines) keeps the last. */
    private static Future<Answer> parse(int status, @Nullable String type, Buffer bytes) {
        JsonNode last = Codec.JSON.mapper().missingNode();
        if (type != null && type.startsWith("application/json")) {
            try (JsonParser json = Codec.JSON.mapper().createParser(bytes.getBytes())) {
                while (json.nextToken() != null) {
                    last = Codec.JSON.mapper().readTree(json);
                }
            } catch (IOException e) {
                return Future.failedFuture(e);
            }
        }
        return Future.succeededFuture(new Answer(status, last));
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
