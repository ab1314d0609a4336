package io.flotilla.agent.image.transfer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.flotilla.agent.image.ImageBytes;
import io.flotilla.agent.image.content.Digest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A registry that does what a test wants; by default it has one image, app:1. */
final class ScriptedRegistry implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Handler> handlers = Collections.synchronizedMap(new HashMap<>());
    /** method and path of each request, and what authorization came with it */
    final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    /** Answers one request. */
    interface Handler {
        void handle(HttpExchange exchange) throws IOException;
    }

    ScriptedRegistry() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            requests.add(exchange.getRequestMethod() + " " + path + (authorization == null ? "" : " " + authorization));
            handlers.getOrDefault(path, each -> answer(each, 404, new byte[0])).handle(exchange);
        });
        on("/v2/", exchange -> answer(exchange, 200, new byte[0]));
        server.start();
    }

    ScriptedRegistry with(ImageBytes image) {
        ObjectNode manifest = JsonNodeFactory.instance.objectNode().put("schemaVersion", 2);
        manifest.put("mediaType", "application/vnd.oci.image.manifest.v1+json");
        manifest.set("config", descriptor("application/vnd.oci.image.config.v1+json", image.config()));
        image.blobs().forEach(blob -> manifest.withArray("layers")
                .add(descriptor("application/vnd.oci.image.layer.v1.tar+gzip", blob)));
        blob(image.config());
        image.blobs().forEach(this::blob);
        byte[] bytes = ImageBytes.bytes(manifest);
        on("/v2/app/manifests/1", exchange -> {
            exchange.getResponseHeaders().add("Content-Type", "application/vnd.oci.image.manifest.v1+json");
            answer(exchange, 200, bytes);
        });
        return this;
    }

    static ObjectNode descriptor(String type, byte[] content) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("mediaType", type)
                .put("digest", Digest.ofContent(content).toString())
                .put("size", content.length);
    }

    void blob(byte[] content) {
        on(path(content), exchange -> answer(exchange, 200, content));
    }

    static String path(byte[] content) {
        return "/v2/app/blobs/" + Digest.ofContent(content);
    }

    void on(String path, Handler handler) {
        handlers.put(path, handler);
    }

    Handler handler(String path) {
        return handlers.getOrDefault(path, exchange -> answer(exchange, 404, new byte[0]));
    }

    String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
