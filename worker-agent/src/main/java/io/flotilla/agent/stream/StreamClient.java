package io.flotilla.agent.stream;

import io.flotilla.agent.runtime.OutputSink.Stream;
import org.jspecify.annotations.Nullable;

/** A client's end of a session, as its transport is. No call waits, and no two come at once. */
public interface StreamClient {
    /** Whether the transport takes more without filling memory; when it does again it calls {@link ClientOutput#deliver}. */
    boolean ready();

    /** @param bytes of the callee from now on, not to be changed */
    void send(Stream stream, byte[] bytes);

    /** The last call. @param failure null when the session came to its end */
    void end(@Nullable Throwable failure);
}
