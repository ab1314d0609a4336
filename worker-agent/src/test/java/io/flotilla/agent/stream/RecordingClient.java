package io.flotilla.agent.stream;

import io.flotilla.agent.runtime.OutputSink.Stream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A client that keeps what it gets, and reads only while it is told to. */
public final class RecordingClient implements StreamClient {
    private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    private boolean reading = true;
    private int frames;
    private boolean ended;
    private @Nullable Throwable failure;

    @Override
    public synchronized boolean ready() {
        return reading;
    }

    public synchronized void reads(boolean now) {
        reading = now;
    }

    @Override
    public synchronized void send(Stream stream, byte[] bytes) {
        if (ended) {
            throw new IllegalStateException("sent after the end");
        }
        frames++;
        (stream == Stream.STDOUT ? stdout : stderr).writeBytes(bytes);
    }

    @Override
    public synchronized void end(@Nullable Throwable why) {
        if (ended) {
            throw new IllegalStateException("ended twice");
        }
        ended = true;
        failure = why;
        notifyAll();
    }

    public synchronized String stdout() {
        return stdout.toString(StandardCharsets.UTF_8);
    }

    public synchronized String stderr() {
        return stderr.toString(StandardCharsets.UTF_8);
    }

    public synchronized int frames() {
        return frames;
    }

    public synchronized boolean ended() {
        return ended;
    }

    public synchronized @Nullable Throwable failure() {
        return failure;
    }
}
