package io.flotilla.gateway.stream;

import java.nio.ByteBuffer;

/** What stands before each piece of a multiplexed stream: its stream, three zeroes, its length in four bytes. */
public final class StreamHeader {
    public static final int BYTES = 8;

    public static final int STDOUT = 1;
    public static final int STDERR = 2;
    /** A message of the engine itself. */
    public static final int ENGINE = 3;

    private StreamHeader() {}

    /** Fills the first bytes of a piece that has room for the header. */
    public static void put(byte[] piece, int stream) {
        ByteBuffer.wrap(piece).put(0, (byte) stream).putInt(4, piece.length - BYTES);
    }
}
