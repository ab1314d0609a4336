package io.flotilla.agent.volume;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.codec.Codec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/**
 * Docker's plugin protocol: one POST with JSON both ways for each call, over a connection of its own. HTTP/1.0, so that the
 * answer ends with the connection; the JDK's client knows no unix sockets.
 *
 * @param plugin for messages
 * @param longestCall after which a call fails
 */
record PluginCalls(String plugin, URI address, Duration longestCall) {
    /** Mounting over a network takes its time. */
    private static final Duration LONGEST_CALL = Duration.ofSeconds(120);

    private static final int MOST_ANSWER_BYTES = 4 << 20;

    PluginCalls(String plugin, URI address) {
        this(plugin, address, LONGEST_CALL);
    }

    /** @throws IOException also with what the plugin says went wrong */
    JsonNode call(String method, Map<String, Object> arguments) throws IOException {
        byte[] body = Codec.JSON.encode(arguments);
        String head = "POST /" + method + " HTTP/1.0\r\nHost: plugin\r\n"
                + "Accept: application/vnd.docker.plugins.v1.2+json\r\n"
                + "Content-Type: application/vnd.docker.plugins.v1.2+json\r\n"
                + "Content-Length: " + body.length + "\r\n\r\n";
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
        request.writeBytes(body);
        return parse(method, exchange(method, request.toByteArray()));
    }

    private byte[] exchange(String method, byte[] request) throws IOException {
        long deadline = System.nanoTime() + longestCall.toNanos();
        try (SocketChannel channel = SocketChannel.open(socketAddress());
                Selector selector = Selector.open()) {
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
            ByteBuffer out = ByteBuffer.wrap(request);
            ByteBuffer in = ByteBuffer.allocate(16 * 1024);
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            while (true) {
                long leftMs = (deadline - System.nanoTime()) / 1_000_000;
                if (leftMs <= 0 || selector.select(leftMs) == 0 && System.nanoTime() >= deadline) {
                    throw new IOException(
                            method + ": plugin " + plugin + " did not answer within " + longestCall.toSeconds() + " s");
                }
                selector.selectedKeys().clear();
                if (out.hasRemaining()) {
                    var _ = channel.write(out);
                    key.interestOps(out.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
                } else if (channel.read(in.clear()) < 0) {
                    return answer.toByteArray();
                } else {
                    answer.write(in.array(), 0, in.position());
                    if (answer.size() > MOST_ANSWER_BYTES) {
                        throw new IOException(method + ": plugin " + plugin + " answers with more than "
                                + MOST_ANSWER_BYTES + " bytes");
                    }
                }
            }
        } catch (java.net.ConnectException e) {
            throw new IOException(method + ": plugin " + plugin + " is not there: " + e.getMessage(), e);
        } catch (java.net.SocketException e) {
            throw new IOException(method + ": plugin " + plugin + " left: " + e.getMessage(), e);
        }
    }

    private SocketAddress socketAddress() {
        return "unix".equals(address.getScheme())
                ? UnixDomainSocketAddress.of(address.getPath())
                : new InetSocketAddress(address.getHost(), address.getPort());
    }

    private JsonNode parse(String method, byte[] answer) throws IOException {
        String text = new String(answer, StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        String[] status = text.split("[ \r]", 3);
        if (end < 0 || !text.startsWith("HTTP/1.") || status.length < 3 || !status[1].matches("[1-5][0-9][0-9]")) {
            throw new IOException(method + ": plugin " + plugin + " answers with something that is not HTTP");
        }
        String body = text.substring(end + 4);
        boolean fine = status[1].startsWith("2");
        JsonNode json;
        try {
            json = Codec.JSON.mapper().readTree(body.isBlank() ? "{}" : body);
        } catch (com.fasterxml.jackson.core.JsonProcessingException notJson) {
            throw new IOException(method + ": " + (fine ? "plugin " + plugin + " answers with no JSON" : body.strip()));
        }
        String error = json.path("Err").asText("");
        if (!fine || !error.isEmpty()) {
            throw new IOException(
                    method + ": " + (error.isEmpty() ? "status " + status[1] + " " + body.strip() : error));
        }
        return json;
    }
}
