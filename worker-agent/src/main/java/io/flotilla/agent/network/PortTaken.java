package io.flotilla.agent.network;

/** A host port that something else holds, and who that is where the kernel tells. */
public final class PortTaken extends Exception {
    private static final long serialVersionUID = 1L;

    private final Protocol protocol;
    private final int port;

    public PortTaken(Protocol protocol, int port, String message) {
        super(message);
        this.protocol = protocol;
        this.port = port;
    }

    public Protocol protocol() {
        return protocol;
    }

    public int port() {
        return port;
    }
}
