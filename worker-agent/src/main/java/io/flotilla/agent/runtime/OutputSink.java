package io.flotilla.agent.runtime;

import java.nio.ByteBuffer;

/**
 * Where the stdout and stderr of a container or of a process executed in it go; all output of a terminal is stdout. Called on
 * the runtime's one reader thread: copy or write, do not wait.
 */
public interface OutputSink {
    enum Stream {
        STDOUT,
        STDERR
    }

    /**
     * Some bytes in the order the container wrote them, all of which are taken; the buffer is reused after the call.
     *
     * @return false when there is no room for more: nothing more is read, and the container waits once its pipe is full,
     *     until {@link ContainerRuntime#resumeOutput} or {@link ExecProcess#resumeOutput}
     */
    boolean write(Stream stream, ByteBuffer bytes);

    /** No more bytes of this stream will come: every writer has closed it. */
    void end(Stream stream);
}
