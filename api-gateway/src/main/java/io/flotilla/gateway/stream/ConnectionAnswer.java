package io.flotilla.gateway.stream;

/** An answer that goes to the client's connection by itself, in place of an entity that is turned into bytes. */
public sealed interface ConnectionAnswer permits StreamAnswer, Takeover {
    /**
     * Sends it to its end, on the thread of the call, once status and headers are set. What fails later than that can't be
     * told by a status: the connection is cut, and the log has a line unless it was the client who left.
     */
    void send();
}
