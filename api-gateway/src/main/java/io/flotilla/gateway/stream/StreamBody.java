package io.flotilla.gateway.stream;

import java.io.IOException;

/**
 * The body of an answer that is written while it comes into being. Called on the call's virtual thread; blocking is fine.
 */
@FunctionalInterface
public interface StreamBody {
    /** @throws IOException when the client has left (from the sink), or the source failed: the answer is cut off */
    void writeTo(Sink sink) throws IOException;
}
