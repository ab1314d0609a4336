package io.flotilla.agent.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A volume plugin on a unix socket: each volume a folder. */
final class FakePlugin implements AutoCloseable {
    final List<String> calls = new CopyOnWriteArrayList<>();
    private final ServerSocketChannel server;
    private final Path folder;
    private final Thread serving;
    private volatile String failing = "";
    volatile String implemented = "VolumeDriver";

    FakePlugin(Path socket, Path folder) throws IOException {
        this.folder = folder;
        this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        this.serving = Thread.ofVirtual().start(this::serve);
    }

    void failIn(String method) {
        failing = method;
    }

    private void serve() {
        while (server.isOpen()) {
            try (SocketChannel client = server.accept()) {
                answer(client);
            } catch (ClosedChannelException over) {
                return;
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private void answer(SocketChannel client) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(Channels.newInputStream(client), StandardCharsets.UTF_8));
        String method = in.readLine().split(" ", 3)[1].substring(1);
        int length = 0;
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            if (line.startsWith("Content-Length: ")) {
                length = Integer.parseInt(line.substring("Content-Length: ".length()));
            }
        }
        char[] body = new char[length];
        int read = in.read(body);
        JsonNode request = Codec.JSON.mapper().readTree(new String(body, 0, Math.max(read, 0)));
        calls.add(method + " " + request.path("Name").asText(""));
        ObjectNode answer = Codec.JSON.mapper().createObjectNode();
        if (method.equals(failing)) {
            answer.put("Err", "out of order");
        } else if (method.equals("Plugin.Activate")) {
            answer.putArray("Implements").add(implemented);
        } else if (method.equals("VolumeDriver.Capabilities")) {
            answer.putObject("Capabilities").put("Scope", "global");
        } else if (method.equals("VolumeDriver.Mount")) {
            Path mounted =
                    Files.createDirectories(folder.resolve(request.path("Name").asText()));
            answer.put("Mountpoint", mounted.toString());
        }
        byte[] json = Codec.JSON.encode(answer);
        String head =
                "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + json.length + "\r\n\r\n";
        client.write(
                ByteBuffer.wrap((head + new String(json, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void close() throws IOException, InterruptedException {
        server.close();
        // the kernel takes connections for as long as a thread waits for one
        serving.join();
    }
}
