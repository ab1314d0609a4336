package io.flotilla.agent.network;

/**
 * A container's port on the host.
 *
 * @param hostAddress to listen on, empty for every address
 * @param hostPort 0 takes a free one of the ephemeral range
 * @param lastHostPort the first free one from hostPort to this is taken
 */
public record PortMapping(Protocol protocol, int containerPort, String hostAddress, int hostPort, int lastHostPort) {
    public PortMapping {
        // journals of one port each do not say it
        lastHostPort = Math.max(hostPort, lastHostPort);
    }

    public PortMapping(Protocol protocol, int containerPort, String hostAddress, int hostPort) {
        this(protocol, containerPort, hostAddress, hostPort, hostPort);
    }
}
