package io.flotilla.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One Docker endpoint on a unix socket. Calls go over one kept connection, as a client library's pool would; a plain socket, so
 * that no HTTP client's own cost hides a difference between engines. For one thread.
 */
final class Engine implements AutoCloseable {
    /** The newest version both a dockerd 20.10 and today's engines speak. */
    private static final String VERSION = "/v1.41";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long CLIENT_LIMIT_SECONDS = 60;

    private final Path socket;
    private @Nullable Connection connection;

    Engine(Path socket) {
        this.socket = socket;
    }

    String name() {
        return socket.toString();
    }

    /** @throws IllegalStateException when the engine refuses */
    JsonNode call(String method, String path, @Nullable String body) throws IOException {
        byte[] answer = bytes(method, path, body);
        return answer.length == 0 ? JSON.missingNode() : JSON.readTree(answer);
    }

    byte[] bytes(String method, String path, @Nullable String body) throws IOException {
        Connection open = connection;
        if (open == null) {
            open = Connection.open(socket);
            connection = open;
        }
        open.send(method, VERSION + path, body == null ? null : body.getBytes(StandardCharsets.UTF_8));
        try (InputStream answer = open.answer(method + " " + path)) {
            return answer.readAllBytes();
        }
    }

    /** For a call that takes its connection over, such as the start of an exec: the answer ends with the connection. */
    byte[] takeOver(String method, String path, String body) throws IOException {
        try (Connection own = Connection.open(socket)) {
            own.send(method, VERSION + path, body.getBytes(StandardCharsets.UTF_8));
            return own.answer(method + " " + path).readAllBytes();
        }
    }

    /** Reads an answer of any length to its end. @return its bytes */
    long drain(String path) throws IOException {
        try (Connection own = Connection.open(socket)) {
            own.send("GET", VERSION + path, null);
            return own.answer(path).transferTo(OutputStream.nullOutputStream());
        }
    }

    /** An endless answer, on a connection of its own. */
    Connection stream(String path) throws IOException {
        Connection own = Connection.open(socket);
        own.send("GET", VERSION + path, null);
        return own;
    }

    /** Sends a file as the body of a request on a connection of its own. */
    void upload(String path, Path file) throws IOException {
        try (Connection own = Connection.open(socket)) {
            own.head("POST", VERSION + path, Files.size(file), "application/x-tar");
            Files.copy(file, own.out);
            own.out.flush();
            own.answer(path).transferTo(OutputStream.nullOutputStream());
        }
    }

    /** Runs the docker client against this engine; its output is thrown away. */
    void docker(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "docker";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("DOCKER_HOST", "unix://" + socket);
        Process client = builder.start();
        if (!client.waitFor(CLIENT_LIMIT_SECONDS, TimeUnit.SECONDS) || client.exitValue() != 0) {
            client.destroyForcibly();
            throw new IllegalStateException(String.join(" ", command) + " failed");
        }
    }

    @Override
    public void close() throws IOException {
        if (connection != null) {
            connection.close();
        }
    }

    /** HTTP/1.1 as far as an engine's answers need it. */
    static final class Connection implements AutoCloseable {
        /** The length of an answer that names none. */
        private static final long UNTIL_CLOSED = Long.MAX_VALUE;

        private final SocketChannel channel;
        private final InputStream in;
        private final OutputStream out;

        private Connection(SocketChannel channel) {
            this.channel = channel;
            this.in = new BufferedInputStream(Channels.newInputStream(channel), 64 * 1024);
            this.out = Channels.newOutputStream(channel);
        }

        static Connection open(Path socket) throws IOException {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(socket));
            return new Connection(channel);
        }

        private void send(String method, String path, byte @Nullable [] body) throws IOException {
            head(method, path, body == null ? 0 : body.length, "application/json");
            if (body != null) {
                out.write(body);
            }
            out.flush();
        }

        private void head(String method, String path, long length, String type) throws IOException {
            String head = method + " " + path + " HTTP/1.1\r\nHost: engine\r\nContent-Type: " + type
                    + "\r\nContent-Length: " + length + "\r\n\r\n";
            out.write(head.getBytes(StandardCharsets.US_ASCII));
        }

        /** The body, which ends with the answer and not with the connection. */
        InputStream answer(String what) throws IOException {
            String status = line();
            int code = Integer.parseInt(status.split(" ", 3)[1]);
            long length = UNTIL_CLOSED;
            boolean chunked = false;
            for (String header = line(); !header.isEmpty(); header = line()) {
                String lower = header.toLowerCase(Locale.ROOT);
                if (lower.startsWith("content-length:")) {
                    length = Long.parseLong(
                            lower.substring("content-length:".length()).strip());
                } else if (lower.startsWith("transfer-encoding:")) {
                    chunked = lower.contains("chunked");
                }
            }
            InputStream body = new Body(chunked, code == 204 || code == 304 ? 0 : length);
            if (code >= 400) {
                throw new IllegalStateException(
                        what + ": " + status + ": " + new String(body.readAllBytes(), StandardCharsets.UTF_8).strip());
            }
            return body;
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new IOException("the engine closed the connection");
                }
                if (c != '\r') {
                    line.append((char) c);
                }
            }
            return line.toString();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }

        private final class Body extends InputStream {
            private final boolean chunked;
            private final boolean toEnd;
            private long left;
            private boolean ended;

            Body(boolean chunked, long length) {
                this.chunked = chunked;
                this.toEnd = !chunked && length == UNTIL_CLOSED;
                this.left = chunked ? 0 : length;
            }

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                if (left == 0 && chunked && !ended) {
                    left = Long.parseLong(line().split(";", 2)[0], 16);
                    if (left == 0) {
                        ended = true;
                        line();
                    }
                }
                if (left == 0) {
                    return -1;
                }
                int count = in.read(into, offset, (int) Math.min(length, left));
                if (count < 0 && toEnd) {
                    return -1;
                }
                if (count < 0) {
                    throw new IOException("the engine cut an answer short");
                }
                left -= count;
                if (left == 0 && chunked) {
                    line();
                }
                return count;
            }
        }
    }
}
