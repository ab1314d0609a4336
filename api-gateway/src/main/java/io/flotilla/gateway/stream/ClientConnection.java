package io.flotilla.gateway.stream;

import org.jspecify.annotations.Nullable;

/**
 * A client's connection that was taken over from HTTP, to be read and written at once. For one reader and one writer;
 * {@link #close} and {@link #onGone} are for any thread. Little is held of what is not read or not taken.
 */
public interface ClientConnection extends AutoCloseable {
    /** The next bytes; null when the client has closed its half, or is gone. Blocks. */
    byte @Nullable [] read();

    /**
     * Blocks while the client does not take bytes.
     *
     * @throws Sink.ClientGone when there is nobody to write to any more
     */
    void write(byte[] bytes) throws Sink.ClientGone;

    /** Runs the action once the client has left or the connection is closed, at once if it is. It must not block. */
    void onGone(Runnable action);

    boolean gone();

    /** Closes when the client has taken what was written, or has not in half a minute. */
    @Override
    void close();
}
