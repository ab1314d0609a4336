package io.flotilla.acceptance;

import static io.flotilla.acceptance.Host.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Streams larger than the process, and clients that leave in the middle of one. The heap is so small that whoever held one
 * of these streams would end the process, which does not survive an OutOfMemoryError.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StreamsIT {
    private static final String JAVA_OPTIONS = "-Xmx112m";
    private static final int STREAM_MIB = 128;
    private static final int HEAP_SLACK_MIB = 16;
    private static final int CLIENTS = 4;

    private Host host;
    private EngineProcess engine;

    @BeforeAll
    void up() throws IOException {
        host = Host.make("stream");
        host.up(JAVA_OPTIONS);
        engine = new EngineProcess(host.flotillaPid(), host.scratch("threads"));
        host.load("busybox");
        host.docker("run", "-d", "-i", "--name", "box", "busybox", "cat").ok();
    }

    @AfterAll
    void down() throws IOException {
        host.close();
    }

    /** Runs it, and looks that the process is the same one and that nothing of the stream stays on its heap. */
    private String streamed(String... docker) {
        return streamed(Path.of("/dev/null"), docker);
    }

    private String streamed(Path in, String... docker) {
        long before = engine.heapBytes();
        String out = host.dockerWithInput(in, docker).ok();
        assertThat(host.flotillaPid()).as("the process after " + docker[0]).isEqualTo(engine.pid());
        assertThat((engine.heapBytes() - before) >> 20)
                .as("MiB on the heap after " + docker[0])
                .isLessThan(HEAP_SLACK_MIB);
        return out;
    }

    @Test
    void aStreamLargerThanTheHeapPassesThroughEveryCall() throws IOException {
        Path file = host.scratch("file");
        Path archive = host.scratch("archive.tar");
        Host.machine("dd", "if=/dev/urandom", "of=" + file, "bs=1M", "count=" + STREAM_MIB)
                .ok();
        host.docker("run", "-d", "--name", "carrier", "busybox", "sleep", "1000")
                .ok();

        streamed("cp", file.toString(), "carrier:/file");
        streamed("cp", "carrier:/file", host.scratch("copy").toString());
        assertThat(Files.mismatch(file, host.scratch("copy"))).as("copied back").isEqualTo(-1);
        streamed("export", "-o", archive.toString(), "carrier");
        assertThat(Files.size(archive)).isGreaterThan(Files.size(file));
        streamed("import", archive.toString(), "imported:1");
        streamed("commit", "carrier", "big:1");
        streamed("save", "-o", archive.toString(), "big:1");
        host.docker("rmi", "big:1", "imported:1").ok();
        streamed("load", "-q", "-i", archive.toString());
        assertThat(host.docker("run", "--rm", "big:1", "sha256sum", "/file").ok())
                .startsWith(Host.machine("sha256sum", file.toString()).ok().substring(0, 64));
        host.docker("rm", "-f", "carrier").ok();
        host.docker("rmi", "big:1").ok();
    }

    @Test
    void aLogLargerThanTheHeapIsReadWholeAndFollowedOverItsRotations() throws IOException {
        String line = "x".repeat(127);
        String writer = "yes " + line + " | head -n " + (STREAM_MIB << 13);
        host.docker("run", "--name", "kept", "-d", "busybox", "sh", "-c", writer)
                .ok();
        host.docker("wait", "kept").ok();
        Path out = host.scratch("log");
        Process logs = host.dockerInBackground(out, "logs", "kept");
        eventually("the log is read", logs::isAlive, alive -> !alive);
        assertThat(Files.size(out)).isEqualTo((long) STREAM_MIB << 20);

        host.docker(
                        "run",
                        "-d",
                        "--name",
                        "rotated",
                        "--log-opt",
                        "max-size=8m",
                        "--log-opt",
                        "max-file=3",
                        "busybox",
                        "sh",
                        "-c",
                        writer + "; echo the end")
                .ok();
        Path followed = host.scratch("followed");
        Process follower = host.dockerInBackground(followed, "logs", "-f", "rotated");
        eventually("the log is followed to its end", follower::isAlive, alive -> !alive);
        assertThat(tail(followed)).isEqualTo("the end");
        assertThat(host.flotillaPid()).isEqualTo(engine.pid());
        host.docker("rm", "kept", "rotated").ok();
    }

    private static String tail(Path file) {
        return Host.machine("tail", "-n", "1", file.toString()).ok();
    }

    /** Answers the first question of every pull and none after it; says of each that it was asked. */
    private static final String SILENT_REGISTRY = """
            import http.server, sys, threading
            class Silent(http.server.BaseHTTPRequestHandler):
                protocol_version = 'HTTP/1.1'
                def do_GET(self):
                    if self.path == '/v2/':
                        self.send_response(200); self.send_header('Content-Length', '0'); self.end_headers()
                    else:
                        print('asked', flush=True); self.rfile.read(1)
                do_HEAD = do_GET
                def log_message(self, *_): pass
            http.server.ThreadingHTTPServer(('127.0.0.1', 5009), Silent).serve_forever()
            """;

    private static final String UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
    private static final String CHUNKED = "Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n";
    private static final String TAR_WITHOUT_AN_END = "1\r\na\r\n200\r\n" + "a".repeat(512) + "\r\n";

    /** A stream, opened by a client that has got into the middle of it. */
    private enum Streaming {
        LOGS("GET /containers/box/logs?follow=1&stdout=1"),
        ATTACH("POST /containers/box/attach?stream=1&stdin=1&stdout=1", UPGRADE),
        EXEC("POST /exec/{}/start", UPGRADE + "Content-Type: application/json\r\nContent-Length: 2\r\n", "{}"),
        EVENTS("GET /events"),
        STATS("GET /containers/box/stats"),
        WAIT("POST /containers/box/wait"),
        EXPORT("GET /containers/carrier/export"),
        READ_ARCHIVE("GET /containers/carrier/archive?path=/file"),
        SAVE("GET /images/carried/get"),
        WRITE_ARCHIVE("PUT /containers/carrier/archive?path=/tmp", CHUNKED, TAR_WITHOUT_AN_END),
        LOAD("POST /images/load", CHUNKED, TAR_WITHOUT_AN_END),
        PULL("POST /images/create?fromImage=127.0.0.1:5009/silent&tag=1");

        final String request;
        final String headers;
        final String body;

        Streaming(String... parts) {
            request = parts[0];
            headers = parts.length > 1 ? parts[1] : "";
            body = parts.length > 2 ? parts[2] : "";
        }

        EngineSocket open(Host host) throws IOException {
            EngineSocket client = new EngineSocket(host.dataDir().resolve("flotilla.sock"));
            client.send(this == EXEC ? request.replace("{}", exec(host)) : request, headers)
                    .send(body.getBytes(StandardCharsets.UTF_8));
            if (!uploads() && this != PULL) {
                assertThat(client.head()).as(request).startsWith(takesOver() ? "HTTP/1.1 101" : "HTTP/1.1 200");
            }
            return client;
        }

        /** The answer comes after the upload's end. */
        boolean uploads() {
            return headers.equals(CHUNKED);
        }

        boolean takesOver() {
            return headers.startsWith(UPGRADE);
        }

        private static String exec(Host host) throws IOException {
            String config = "{\"AttachStdin\":true,\"AttachStdout\":true,\"Cmd\":[\"cat\"]}";
            try (EngineSocket client = new EngineSocket(host.dataDir().resolve("flotilla.sock"))) {
                return client.send(
                                "POST /containers/box/exec",
                                "Connection: close\r\nContent-Type: application/json\r\nContent-Length: "
                                        + config.length() + "\r\n")
                        .send(config.getBytes(StandardCharsets.UTF_8))
                        .rest()
                        .replaceAll("(?s).*\"Id\":\"(\\w+)\".*", "$1");
            }
        }
    }

    /** How a client leaves. */
    private enum Leaving {
        /** Where something was sent that it has not read, this is a reset. */
        AT_ONCE,
        BY_HALF_FIRST,
        /** Its connection stays open the other way; only streams that can't go on without a client's half end by that. */
        BY_HALF;

        void leave(Streaming streaming, EngineSocket client) throws IOException {
            if (this != AT_ONCE) {
                client.closeHalf();
            }
            if (this != BY_HALF || streaming.takesOver()) {
                client.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesAnyStreamFreesEverythingItHeld(Leaving leaving) throws IOException {
        Path asked = host.scratch("asked-" + leaving);
        Process registry = host.insideInBackground(asked, "python3", "-c", SILENT_REGISTRY);
        host.docker("run", "-d", "--name", "carrier", "busybox", "sleep", "1000")
                .ok();
        host.docker("exec", "carrier", "dd", "if=/dev/urandom", "of=/file", "bs=1M", "count=16")
                .ok();
        host.docker("commit", "carrier", "carried").ok();
        eventually(
                "the registry answers",
                () -> host.inside("curl", "-s", "http://127.0.0.1:5009/v2/").exitCode(),
                code -> code == 0);
        List<EngineSocket> gone = new ArrayList<>();
        try {
            int busy = engine.busyThreads().size();
            // as many as later: the loops and pools that serve so many are there then, and stay
            gone.addAll(comeAndLeave(CLIENTS, asked, leaving));
            eventually(
                    "the first clients are forgotten",
                    () -> engine.busyThreads().size(),
                    now -> now <= busy);
            EngineProcess.Held former = engine.held();
            gone.addAll(comeAndLeave(CLIENTS, asked, leaving));
            eventually("what they held is free, of " + former, () -> engine.held(), now -> now.within(former));
        } finally {
            for (EngineSocket client : gone) {
                client.close();
            }
            registry.destroyForcibly();
            host.docker("rm", "-f", "carrier").ok();
            host.docker("rmi", "carried").ok();
        }
    }

    /** So many clients of each stream come together, and leave. */
    private List<EngineSocket> comeAndLeave(int count, Path asked, Leaving leaving) throws IOException {
        long before = Files.size(asked);
        List<EngineSocket> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            for (Streaming streaming : Streaming.values()) {
                clients.add(streaming.open(host));
            }
        }
        eventually("the registry has been asked", () -> asked.toFile().length(), length -> length > before);
        for (int i = 0; i < clients.size(); i++) {
            leaving.leave(Streaming.values()[i % Streaming.values().length], clients.get(i));
        }
        return clients;
    }
}
