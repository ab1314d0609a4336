package io.flotilla.gateway.stream;

import io.flotilla.bus.rpc.StreamFrame;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.rpc.NodeSession;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Joins a client's connection with the streams of a container or an exec, until the node ends them or the client leaves.
 * Two virtual threads, one each way; each blocks when its reader is slow, so that nothing piles up here.
 *
 * @param multiplexed with a header before each piece; not for a terminal
 * @param takesInput the client's bytes are the process', and so is their end; what that means the node knows
 */
public record Relay(boolean multiplexed, boolean takesInput) {
    private static final int GATHER_BYTES = 32 << 10;

    /** Blocks until either side has ended, and ends the other. */
    public void run(ClientConnection client, NodeSession node) {
        client.onGone(node::close);
        var _ = Thread.ofVirtual().name("client input").start(() -> passInput(client, node));
        try (client;
                node) {
            passOutput(client, node);
        } catch (Sink.ClientGone e) {
            node.close(); // nobody is left to be told
        }
    }

    private void passInput(ClientConnection client, NodeSession node) {
        for (byte[] bytes = client.read(); bytes != null; bytes = client.read()) {
            if (takesInput && !node.write(bytes)) {
                return;
            }
        }
        if (takesInput) {
            node.closeInput();
        }
    }

    /** What was gathered when the node failed came before that, and is written before it is told. */
    private void passOutput(ClientConnection client, NodeSession node) throws Sink.ClientGone {
        ByteArrayOutputStream gathered = new ByteArrayOutputStream();
        try {
            for (StreamFrame frame = node.next(); frame != null; frame = node.next()) {
                gathered.writeBytes(encode(frame.getStream(), frame.getData().toByteArray()));
                if (!node.ready() || gathered.size() >= GATHER_BYTES) {
                    client.write(gathered.toByteArray());
                    gathered.reset();
                }
            }
        } catch (ApiException e) {
            gathered.writeBytes(complaint(e));
        }
        client.write(gathered.toByteArray());
    }

    /** Tells the client within the stream, as there is no status to tell it by any more. */
    public byte[] complaint(ApiException failure) {
        return encode(StreamHeader.STDERR, (failure.text() + "\r\n").getBytes(StandardCharsets.UTF_8));
    }

    private byte[] encode(int stream, byte[] data) {
        if (!multiplexed || data.length == 0) {
            return data;
        }
        byte[] piece = new byte[StreamHeader.BYTES + data.length];
        StreamHeader.put(piece, stream);
        System.arraycopy(data, 0, piece, StreamHeader.BYTES, data.length);
        return piece;
    }
}
