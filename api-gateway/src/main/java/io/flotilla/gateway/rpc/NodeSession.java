package io.flotilla.gateway.rpc;

import io.flotilla.bus.rpc.StreamFrame;

/**
 * The streams of a container or an exec: its output to read, its input to write. For one reader and one writer; {@link
 * #close} may be called by anyone and ends both.
 */
public interface NodeSession extends NodeStream<StreamFrame> {
    /** Blocks while the node does not take it. False when the session is over. */
    boolean write(byte[] input);

    /** Nothing more will be written; output goes on. */
    void closeInput();
}
