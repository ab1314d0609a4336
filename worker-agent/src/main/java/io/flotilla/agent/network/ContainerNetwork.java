package io.flotilla.agent.network;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The network of this node. The kernel's state is a pure function of what is attached and published; every call brings it
 * about again, so that a call repeated after a crash repairs. Safe for concurrent use; blocks, so call from platform threads.
 */
public interface ContainerNetwork {

    /**
     * Makes bridge, forwarding, masquerading and the instance's nftables table, or takes over those that are there. Once
     * open: compares the kernel with what should be, and repairs it.
     */
    void open() throws IOException;

    /**
     * Gives the container a network namespace, an interface and an address on the bridge, and publishes its own ports.
     * The same answer again for a container that is attached.
     *
     * @param macAddress hex with colons; null: one of the address
     * @throws PortTaken when something else on this host holds a port
     */
    Attachment attach(String containerId, @Nullable String macAddress, List<PortMapping> ports)
            throws IOException, PortTaken;

    /** A network namespace with only loopback (network mode none). */
    Attachment isolate(String containerId) throws IOException;

    /** Takes namespace, interface, address and ports of the container away. No error when there are none. */
    void detach(String containerId) throws IOException;

    /**
     * What the services publish on this node, all of it: what is not in the set is taken away. Connections to a published
     * port are spread over the back ends, each connection staying with its own; a port without back ends refuses.
     *
     * @return the ports something else on this host holds, and who; the others are in force
     */
    List<PortTaken> publish(Set<IngressPort> ports) throws IOException;

    /**
     * Connections that came to these containers by published ports, each counted once, from when a container is first named
     * here until a call leaves it out. Whatever is published or taken away meanwhile, and a restart of the agent, cost no count;
     * one that is lower than before was begun anew, for somebody else had removed the counters.
     *
     * @return by container, of those that have an address
     */
    Map<String, Long> connections(Set<String> containerIds) throws IOException;
}
