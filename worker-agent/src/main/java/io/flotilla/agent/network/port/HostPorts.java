package io.flotilla.agent.network.port;

import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.network.PortTaken;
import io.flotilla.agent.network.Protocol;
import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The host ports this node has published. Each is held by a listening socket that nothing ever reaches, for address translation
 * comes before it: it keeps other processes from the port, and shows at once who has it already. SCTP ports are held
 * in this table alone, for Java has no such sockets without a native library.
 *
 * <p>Only IPv4 sockets are made, so that a connection over IPv6 is refused and the client tries IPv4, instead of waiting
 * in the queue of a socket that accepts nothing.
 *
 * <p>Not for concurrent use. Sockets are of the calling thread's network namespace.
 */
public final class HostPorts implements Closeable {
    private static final int EPHEMERAL_FIRST = 32768;
    private static final int EPHEMERAL_LAST = 60999;

    private record Key(Protocol protocol, Inet4Address address, int port) {

        boolean overlaps(Key other) {
            return protocol == other.protocol
                    && port == other.port
                    && (address.equals(other.address)
                            || address.isAnyLocalAddress()
                            || other.address.isAnyLocalAddress());
        }

        @Override
        public String toString() {
            return address.getHostAddress() + ":" + port;
        }
    }

    private record Hold(
            String owner, PortMapping mapping, @Nullable Channel socket) {}

    private final Map<Key, Hold> holds = new LinkedHashMap<>();

    /**
     * Takes the host port of a mapping, a free one where it is 0, the first free one of a range. The same again for an owner
     * that has it.
     *
     * @param owner whom {@link #release} is called for later
     * @param endpoint how the refusal names the owner
     * @param destination where the port leads to, for the refusal; may be empty
     * @return the mapping with the port that was taken
     * @throws PortTaken when another owner or another process has it
     */
    public PortMapping hold(String owner, String endpoint, String destination, PortMapping wanted)
            throws IOException, PortTaken {
        for (int port = wanted.hostPort(); port < wanted.lastHostPort(); port++) {
            try {
                return holdOne(owner, endpoint, destination, at(wanted, port));
            } catch (PortTaken taken) {
                // the next one
                continue;
            }
        }
        return holdOne(owner, endpoint, destination, at(wanted, wanted.lastHostPort()));
    }

    private static PortMapping at(PortMapping wanted, int hostPort) {
        return new PortMapping(wanted.protocol(), wanted.containerPort(), wanted.hostAddress(), hostPort);
    }

    private PortMapping holdOne(String owner, String endpoint, String destination, PortMapping wanted)
            throws IOException, PortTaken {
        Key key = new Key(wanted.protocol(), listenAddress(wanted.hostAddress()), wanted.hostPort());
        Hold held = holds.get(key);
        if (held != null && held.owner().equals(owner) && held.mapping().equals(wanted)) {
            return wanted;
        }
        if (key.port() != 0 && holds.keySet().stream().anyMatch(key::overlaps)) {
            throw new PortTaken(
                    key.protocol(),
                    key.port(),
                    refusal(endpoint) + "Bind for " + key + " failed: port is already allocated");
        }
        Bound bound = bind(key, endpoint, destination);
        PortMapping mapping =
                new PortMapping(wanted.protocol(), wanted.containerPort(), wanted.hostAddress(), bound.port());
        holds.put(new Key(key.protocol(), key.address(), bound.port()), new Hold(owner, mapping, bound.socket()));
        return mapping;
    }

    /** Lets all ports of an owner go. */
    public void release(String owner) throws IOException {
        List<Key> owned = new ArrayList<>();
        for (Map.Entry<Key, Hold> entry : holds.entrySet()) {
            if (entry.getValue().owner().equals(owner)) {
                owned.add(entry.getKey());
            }
        }
        for (Key key : owned) {
            Hold hold = holds.remove(key);
            if (hold != null && hold.socket() != null) {
                hold.socket().close();
            }
        }
    }

    /** Lets all ports go; what is published stays so. */
    @Override
    public void close() throws IOException {
        for (Hold hold : List.copyOf(holds.values())) {
            release(hold.owner());
        }
    }

    /**
     * The address a mapping listens on, 0.0.0.0 for an empty one.
     *
     * @throws IOException for what is not an IPv4 address
     */
    public static Inet4Address listenAddress(String hostAddress) throws IOException {
        try {
            InetAddress address = InetAddress.ofLiteral(hostAddress.isEmpty() ? "0.0.0.0" : hostAddress);
            if (address instanceof Inet4Address ip4) {
                return ip4;
            }
        } catch (IllegalArgumentException e) {
            throw new IOException("invalid IP address in port mapping: " + hostAddress, e);
        }
        throw new IOException("publishing on an IPv6 address is not supported yet: " + hostAddress);
    }

    private record Bound(int port, @Nullable Channel socket) {}

    private Bound bind(Key key, String endpoint, String destination) throws IOException, PortTaken {
        try {
            InetSocketAddress address = new InetSocketAddress(key.address(), key.port());
            return switch (key.protocol()) {
                case TCP -> listen(address);
                case UDP -> receive(address);
                case SCTP -> new Bound(key.port() == 0 ? freeInTable(key) : key.port(), null);
            };
        } catch (BindException e) {
            String where = key + (destination.isEmpty() ? "" : ":" + destination) + "/"
                    + key.protocol().name().toLowerCase(Locale.ROOT);
            String failed = refusal(endpoint) + "failed to bind host port for " + where + ": ";
            if (!String.valueOf(e.getMessage()).contains("in use")) {
                throw new IOException(failed + String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT), e);
            }
            String holder = SocketOwner.find(key.protocol(), key.address(), key.port())
                    .map(owner -> " (held by " + owner + ")")
                    .orElse("");
            throw new PortTaken(key.protocol(), key.port(), failed + "address already in use" + holder);
        }
    }

    /** With SO_REUSEADDR, which Java sets for servers: closed connections of an earlier owner do not matter (tcp(7)). */
    private static Bound listen(InetSocketAddress address) throws IOException {
        ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.INET);
        try {
            socket.bind(address, 1);
            return new Bound(((InetSocketAddress) socket.getLocalAddress()).getPort(), socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Without SO_REUSEADDR, which would share a datagram port. */
    private static Bound receive(InetSocketAddress address) throws IOException {
        DatagramChannel socket = DatagramChannel.open(StandardProtocolFamily.INET);
        try {
            socket.setOption(StandardSocketOptions.SO_RCVBUF, 1);
            socket.bind(address);
            return new Bound(((InetSocketAddress) socket.getLocalAddress()).getPort(), socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private int freeInTable(Key wanted) throws IOException {
        for (int port = EPHEMERAL_FIRST; port <= EPHEMERAL_LAST; port++) {
            Key candidate = new Key(wanted.protocol(), wanted.address(), port);
            if (holds.keySet().stream().noneMatch(candidate::overlaps)) {
                return port;
            }
        }
        throw new IOException("all ephemeral ports are allocated");
    }

    private static String refusal(String endpoint) {
        return "driver failed programming external connectivity on endpoint " + endpoint + ": ";
    }
}
