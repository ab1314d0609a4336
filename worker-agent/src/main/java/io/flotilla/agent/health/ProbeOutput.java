package io.flotilla.agent.health;

import io.flotilla.agent.runtime.OutputSink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The beginning of what a probe says, at most 4096 bytes of it as in dockerd. */
final class ProbeOutput implements OutputSink {
    private static final int MOST_BYTES = 4096;

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private boolean truncated;

    @Override
    public synchronized boolean write(Stream stream, ByteBuffer bytes) {
        int room = Math.min(bytes.remaining(), MOST_BYTES - kept.size());
        byte[] taken = new byte[room];
        bytes.get(taken);
        kept.write(taken, 0, room);
        truncated |= bytes.hasRemaining();
        bytes.position(bytes.limit());
        return true;
    }

    @Override
    public void end(Stream stream) {}

    synchronized String text() {
        return kept.toString(StandardCharsets.UTF_8) + (truncated ? "..." : "");
    }
}
