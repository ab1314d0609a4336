package io.flotilla.acceptance;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** One connection to the engine, by a client that may leave in any way. */
final class EngineSocket implements AutoCloseable {
    private final SocketChannel channel;

    EngineSocket(Path socket) throws IOException {
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
    }

    /** @param request a method and a path; @param headers each with its end of line */
    EngineSocket send(String request, String headers) throws IOException {
        return send((request + " HTTP/1.1\r\nHost: d\r\n" + headers + "\r\n").getBytes(StandardCharsets.UTF_8));
    }

    EngineSocket send(byte[] bytes) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            channel.write(left);
        }
        return this;
    }

    /** Waits for the answer's head, and reads no more than that of it. */
    String head() throws IOException {
        StringBuilder head = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (head.indexOf("\r\n\r\n") < 0) {
            if (channel.read(one.clear()) < 0) {
                throw new EOFException("the engine closed the connection; it had said: " + head);
            }
            head.append((char) one.get(0));
        }
        return head.toString();
    }

    /** Reads to the end of the connection. */
    String rest() throws IOException {
        StringBuilder rest = new StringBuilder();
        ByteBuffer some = ByteBuffer.allocate(8192);
        while (channel.read(some.clear()) >= 0) {
            rest.append(StandardCharsets.UTF_8.decode(some.flip()));
        }
        return rest.toString();
    }

    void closeHalf() throws IOException {
        channel.shutdownOutput();
    }

    /** Where something is left unread, the kernel tells the engine of a reset. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
