package io.flotilla.gateway;

import static io.flotilla.gateway.ApiClient.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.rpc.StreamFrame;
import io.flotilla.bus.schema.Container;
import io.flotilla.gateway.error.ApiException;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that are taken over from HTTP, byte by byte as clients see them. */
@QuarkusTest
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HijackTest extends ServedCluster {
    private static final String UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n";

    private final FakeContainers containers = cluster.containers;
    private final FakeContainers.Session session = containers.session;
    private final List<Socket> sockets = new ArrayList<>();

    @BeforeEach
    void start() {
        cluster.put(Fixtures.node(), box(false));
        session.feed(StreamFrame.getDefaultInstance());
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private static Container box(boolean tty) {
        Container box = Fixtures.plain(7, "box", "running");
        var config = io.flotilla.bus.schema.ContainerConfigBuilder.builder()
                .tty(tty)
                .openStdin(true)
                .build();
        return box.withInspect(box.inspect().withConfig(config));
    }

    private Socket post(String path, String headers, String body) throws IOException {
        URI uri = root;
        Socket socket = new Socket(uri.getHost(), uri.getPort());
        sockets.add(socket);
        socket.getOutputStream()
                .write(("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                                + body.length() + "\r\n" + headers + "\r\n" + body)
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** Status line and headers, up to the empty line. */
    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                break;
            }
            head.write(next);
        }
        return head.toString(StandardCharsets.US_ASCII);
    }

    private static String frame(InputStream in) throws IOException {
        DataInputStream data = new DataInputStream(in);
        int stream = data.readUnsignedByte();
        assertThat(data.readNBytes(3)).containsOnly(0);
        return stream + ":" + new String(data.readNBytes(data.readInt()), StandardCharsets.UTF_8);
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void await(BooleanSupplier condition) {
        // bounded by the class' timeout
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void outputGoesOnAfterTheClientHasClosedItsHalf() throws IOException {
        Socket socket = post("/v1.44/containers/box/attach?stream=1&stdin=1&stdout=1&stderr=1", UPGRADE, "");
        InputStream in = socket.getInputStream();
        assertThat(head(in))
                .startsWith("HTTP/1.1 101 UPGRADED\r\n")
                .contains("Upgrade: tcp\r\n", "Content-Type: application/vnd.docker.multiplexed-stream\r\n")
                .containsIgnoringCase("Api-Version: 1.52");
        write(socket, "hello ");
        session.output(1, "before");
        assertThat(frame(in)).isEqualTo("1:before");
        write(socket, "world");
        socket.shutdownOutput();
        await(() -> session.inputClosed);
        assertThat(session.inputText()).isEqualTo("hello world");
        session.output(2, "after");
        session.output(1, "more");
        session.end();
        assertThat(frame(in)).isEqualTo("2:after");
        assertThat(frame(in)).isEqualTo("1:more");
        assertThat(in.read()).isEqualTo(-1);
        assertThat(containers.calls).containsExactly("attach true true true false true");
    }

    @Test
    void aTerminalsBytesAreNotFramedAndOlderVersionsKnowOneMediaType() throws IOException {
        cluster.put(box(true));
        InputStream in = post("/v1.44/containers/box/attach?stream=1&stdin=1&stdout=1", UPGRADE, "")
                .getInputStream();
        assertThat(head(in)).contains("Content-Type: application/vnd.docker.raw-stream\r\n");
        session.output(1, "raw");
        assertThat(in.readNBytes(3)).isEqualTo("raw".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aClientThatAsksForNoUpgradeGetsABareStream() throws IOException {
        InputStream in =
                post("/v1.30/containers/box/attach?stream=1&stdout=1", "", "").getInputStream();
        assertThat(head(in))
                .startsWith("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n")
                .doesNotContain("Transfer-Encoding");
        session.output(1, "x");
        assertThat(frame(in)).isEqualTo("1:x");
    }

    @Test
    void aSessionTheNodeEndsIsTheEndForTheClient() throws IOException {
        Socket socket = post("/containers/box/attach?stream=1&stdin=1&stdout=1", UPGRADE, "");
        var _ = head(socket.getInputStream());
        session.end();
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
        await(() -> session.closed);
    }

    @Test
    void aClientThatLeavesEndsTheCallAtTheNode() throws IOException {
        Socket socket = post("/containers/box/attach?stream=1&stdin=1&stdout=1", UPGRADE, "");
        var _ = head(socket.getInputStream());
        socket.setSoLinger(true, 0);
        socket.close();
        await(() -> session.closed);
    }

    @Test
    void aRefusalIsAnAnswerOfHttpAndLeavesTheConnectionUsable() throws IOException {
        containers.failure = ApiException.conflict("container box has no streams");
        Socket socket = post("/containers/box/attach?stream=1", UPGRADE, "");
        assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 409 ");
        assertThat(socket.getInputStream().readNBytes(30)).isNotEmpty();
        InputStream gone = post("/containers/nope/attach?stream=1", UPGRADE, "").getInputStream();
        assertThat(head(gone)).startsWith("HTTP/1.1 404 ");
    }

    @Test
    void aSlowClientHoldsTheNodeBack() throws IOException {
        Socket socket = post("/containers/box/attach?stream=1&stdout=1", UPGRADE, "");
        var _ = head(socket.getInputStream());
        String piece = "z".repeat(32 << 10);
        for (int i = 0; i < 2000; i++) {
            session.output(1, piece);
        }
        session.end();
        // 64 MB do not fit into what sockets and buffers hold, so most of it waits
        assertThat(session.messages.size()).isGreaterThan(500);
        InputStream in = socket.getInputStream();
        for (int i = 0; i < 2000; i++) {
            assertThat(frame(in)).hasSize(2 + piece.length());
        }
        assertThat(in.read()).isEqualTo(-1);
    }

    @Test
    void anExecIsCreatedStartedAndInspected() throws IOException {
        try (ApiClient client = new ApiClient(root)) {
            var created = client.post("/containers/box/exec", "{\"Cmd\":[\"ls\",\"-l\"],\"AttachStdin\":true}");
            assertThat(created.statusCode()).isEqualTo(201);
            assertThat(json(created).path("Id").asText()).isEqualTo("e1");
            assertThat(client.post("/containers/box/exec", "{\"Cmd\":[]}").statusCode())
                    .isEqualTo(400);
            assertThat(client.post("/exec/nope/start", "{}").statusCode()).isEqualTo(404);
            assertThat(client.get("/exec/nope/json").statusCode()).isEqualTo(404);
            assertThat(client.post("/exec/e1/start", "{\"ConsoleSize\":[1]}").statusCode())
                    .isEqualTo(400);
            assertThat(client.post("/exec/e1/resize?h=3&w=4", "").statusCode()).isEqualTo(200);
            assertThat(json(client.get("/exec/e1/json")).path("ID").asText()).isEqualTo("e1");
        }
        Socket socket =
                post("/v1.43/exec/e1/start", UPGRADE, "{\"Detach\":false,\"Tty\":false,\"ConsoleSize\":[24,80]}");
        InputStream in = socket.getInputStream();
        assertThat(head(in)).startsWith("HTTP/1.1 101 UPGRADED").contains("multiplexed-stream");
        write(socket, "in");
        socket.shutdownOutput();
        await(() -> session.inputClosed);
        session.output(1, "out");
        session.fail(ApiException.invalid("exec: \"nope\": executable file not found in $PATH"));
        assertThat(frame(in)).isEqualTo("1:out");
        assertThat(frame(in)).isEqualTo("2:exec: \"nope\": executable file not found in $PATH\r\n");
        assertThat(in.read()).isEqualTo(-1);
        assertThat(session.inputText()).isEqualTo("in");
        assertThat(containers.calls).contains("start exec e1 false 24x80", "resize exec 3x4");
    }

    @Test
    void whatCameBeforeTheNodeFailedIsNotLost() throws IOException {
        for (int i = 0; i < 100; i++) {
            session.output(1, "out");
        }
        session.fail(ApiException.unavailable("node n1 is gone"));
        Socket socket = post("/v1.43/exec/e1/start", UPGRADE, "{\"Detach\":false,\"Tty\":false}");
        InputStream in = socket.getInputStream();
        assertThat(head(in)).startsWith("HTTP/1.1 101 UPGRADED");
        for (int i = 0; i < 100; i++) {
            assertThat(frame(in)).isEqualTo("1:out");
        }
        assertThat(frame(in)).isEqualTo("2:node n1 is gone\r\n");
        assertThat(in.read()).isEqualTo(-1);
    }

    @Test
    void aDetachedExecAnswersWhenItHasStarted() {
        session.end();
        try (ApiClient client = new ApiClient(root)) {
            assertThat(client.post("/exec/e1/start", "{\"Detach\":true}").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aWebSocketIsAttachedToo() throws Exception {
        CompletableFuture<String> received = new CompletableFuture<>();
        try (HttpClient http = HttpClient.newHttpClient()) {
            WebSocket socket = http.newWebSocketBuilder()
                    .buildAsync(
                            URI.create(root.toString().replace("http", "ws")
                                    + "/v1.43/containers/box/attach/ws?stream=1&stdin=1&stdout=1"),
                            new WebSocket.Listener() {
                                @Override
                                public @Nullable CompletionStage<?> onBinary(
                                        WebSocket from, ByteBuffer data, boolean last) {
                                    received.complete(
                                            StandardCharsets.UTF_8.decode(data).toString());
                                    return null;
                                }
                            })
                    .get(20, TimeUnit.SECONDS);
            socket.request(10);
            session.output(1, "plain");
            assertThat(received.get(20, TimeUnit.SECONDS)).isEqualTo("plain");
            var _ = socket.sendBinary(ByteBuffer.wrap("typed".getBytes(StandardCharsets.UTF_8)), true)
                    .get(20, TimeUnit.SECONDS);
            await(() -> session.inputText().equals("typed"));
            socket.abort();
            await(() -> session.closed);
        }
    }
}
