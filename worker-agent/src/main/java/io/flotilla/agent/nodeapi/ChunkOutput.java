package io.flotilla.agent.nodeapi;

import com.google.protobuf.ByteString;
import io.flotilla.bus.rpc.Chunk;
import java.io.IOException;
import java.io.OutputStream;

/** Bytes written to it leave as messages of 64 KiB, as fast as the client takes them. */
final class ChunkOutput extends OutputStream {
    private static final int CHUNK_BYTES = 64 * 1024;

    private final Sender call;
    private final byte[] buffer = new byte[CHUNK_BYTES];
    private int length;

    /** Takes a piece, when the client has room for it. */
    interface Sender {
        void send(ByteString piece) throws InterruptedException;
    }

    ChunkOutput(CallOutput<Chunk> call) {
        this(piece -> call.send(Chunk.newBuilder().setData(piece).build()));
    }

    ChunkOutput(Sender call) {
        this.call = call;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        int from = offset;
        int left = count;
        while (left > 0) {
            int part = Math.min(left, CHUNK_BYTES - length);
            System.arraycopy(bytes, from, buffer, length, part);
            length += part;
            from += part;
            left -= part;
            if (length == CHUNK_BYTES) {
                flush();
            }
        }
    }

    @Override
    public void flush() throws IOException {
        if (length == 0) {
            return;
        }
        try {
            call.send(ByteString.copyFrom(buffer, 0, length));
            length = 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the transfer was interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        flush();
    }
}
