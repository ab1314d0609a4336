package io.flotilla.agent.runtime;

import java.nio.ByteBuffer;

/** Where a container's stdout and stderr go. Called on the runtime's one reader thread: copy or write, do not wait. */
public interface OutputSink {
    enum Stream {
        STDOUT,
        STDERR
    }

    /** Some bytes in the order the container wrote them; the buffer is reused after the call. */
    void write(Stream stream, ByteBuffer bytes);

    /** No more bytes of this stream will come: every writer has closed it. */
    void end(Stream stream);
}
