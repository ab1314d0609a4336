package io.flotilla.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A connection of a client that may send what no well-behaved one would. Waits at most {@link #PATIENCE} for anything. */
final class RawHttp implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration SILENCE = Duration.ofMillis(50);
    private static final Pattern LENGTH = Pattern.compile("content-length: *(\\d+)");

    /** @param body what it was before it was cut into chunks */
    record Answer(int status, String head, String body) {
        boolean closes() {
            return head.toLowerCase(Locale.ROOT).contains("connection: close");
        }
    }

    private final Socket socket;
    private final PushbackInputStream in;
    private boolean headOnly;

    RawHttp(URI server) {
        try {
            socket = new Socket(server.getHost(), server.getPort());
            socket.setSoTimeout((int) PATIENCE.toMillis());
            in = new PushbackInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String request(String method, String target, String... headers) {
        return method + " " + target + " HTTP/1.1\r\nHost: d\r\n"
                + String.join(
                        "",
                        java.util.Arrays.stream(headers).map(h -> h + "\r\n").toList()) + "\r\n";
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Sends everything before the caller reads anything; false when the server has closed the connection meanwhile. */
    boolean send(byte[] first, byte[]... more) {
        headOnly = new String(first, StandardCharsets.ISO_8859_1).startsWith("HEAD ");
        boolean[] sent = new boolean[1];
        Thread sender = Thread.startVirtualThread(() -> sent[0] = sendAll(first, more));
        try {
            assertThat(sender.join(PATIENCE))
                    .as("the server takes what is sent")
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return sent[0];
    }

    private boolean sendAll(byte[] first, byte[]... more) {
        try {
            socket.getOutputStream().write(first);
            for (byte[] part : more) {
                socket.getOutputStream().write(part);
            }
            return true;
        } catch (IOException closed) {
            return false;
        }
    }

    /** Ends what may be half a request, once the server shows that it waits for the rest. */
    void endIfUnanswered() {
        if (isSilent()) {
            endInput();
        }
    }

    private boolean isSilent() {
        try {
            socket.setSoTimeout((int) SILENCE.toMillis());
            int first = in.read();
            if (first >= 0) {
                in.unread(first);
            }
            socket.setSoTimeout((int) PATIENCE.toMillis());
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } catch (IOException closed) {
            return false;
        }
    }

    private void endInput() {
        try {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.shutdownOutput();
        } catch (IOException closed) {
            assertThat(socket.isConnected()).isTrue();
        }
    }

    /** One answer; empty when the server closed the connection without one. Fails when the server says nothing. */
    Optional<Answer> answer() {
        try {
            String head = head();
            if (head.isEmpty()) {
                return Optional.empty();
            }
            int status = Integer.parseInt(head.split(" ", 3)[1]);
            return Optional.of(new Answer(status, head, body(head.toLowerCase(Locale.ROOT), status)));
        } catch (SocketTimeoutException e) {
            throw new AssertionError("no answer within " + PATIENCE, e);
        } catch (IOException closed) {
            return Optional.empty();
        }
    }

    private String head() throws IOException {
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            int c = in.read();
            if (c < 0) {
                return "";
            }
            head.append((char) c);
        }
        return head.toString();
    }

    private String body(String head, int status) throws IOException {
        if (headOnly || status == 204 || status == 304 || status < 200) {
            return "";
        }
        if (head.contains("transfer-encoding: chunked")) {
            return chunks();
        }
        Matcher length = LENGTH.matcher(head);
        byte[] body = length.find() ? in.readNBytes(Integer.parseInt(length.group(1))) : in.readAllBytes();
        return new String(body, StandardCharsets.UTF_8);
    }

    private String chunks() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            int length = Integer.parseInt(line(), 16);
            body.writeBytes(in.readNBytes(length));
            line();
            if (length == 0) {
                return body.toString(StandardCharsets.UTF_8);
            }
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException();
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }

    /** Fails when the server keeps the connection. */
    void assertClosed() {
        assertThat(answer()).isEmpty();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
