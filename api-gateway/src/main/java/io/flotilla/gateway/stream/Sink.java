package io.flotilla.gateway.stream;

import java.io.IOException;

/** The client's side of a stream. Bytes are sent at once; writing blocks while the client does not take them. */
public interface Sink {
    /** Sends status and headers although there is no byte of the body yet. */
    void flushHead() throws IOException;

    /** @throws ClientGone when there is nobody to write to any more */
    void write(byte[] bytes) throws IOException;

    /** Runs the action once the client has left, at once if it has, also while nobody writes. It must not block. */
    void onGone(Runnable action);

    boolean gone();

    /** The client has closed the connection. */
    final class ClientGone extends IOException {
        private static final long serialVersionUID = 1L;

        public ClientGone() {
            super("the client has left");
        }
    }
}
