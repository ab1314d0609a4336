package io.flotilla.agent.network.port;

import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** The lines of /proc/net/tcp, tcp6, udp and udp6, see proc_net_tcp(5). */
final class SocketTable {
    private static final int TCP_LISTEN = 0x0A;

    private SocketTable() {}

    /** @param inode 0 when no process holds the socket any more */
    record Entry(InetAddress address, int port, int state, long inode) {

        /** Whether nobody else can have the port on that address because of this socket. */
        boolean holds(boolean tcp, InetAddress wanted, int wantedPort) {
            boolean overlaps = address.isAnyLocalAddress() || wanted.isAnyLocalAddress() || address.equals(wanted);
            return port == wantedPort && overlaps && (!tcp || state == TCP_LISTEN);
        }
    }

    /** One line below the heading. */
    static Entry parse(String line) throws ProtocolException {
        String[] fields = line.strip().split("\\s+", -1);
        if (fields.length < 10) {
            throw new ProtocolException("socket table line with " + fields.length + " fields: " + line);
        }
        try {
            String[] local = fields[1].split(":", -1);
            return new Entry(
                    address(local[0]),
                    Integer.parseInt(local[1], 16),
                    Integer.parseInt(fields[3], 16),
                    Long.parseLong(fields[9]));
        } catch (IllegalArgumentException | IndexOutOfBoundsException | UnknownHostException e) {
            ProtocolException malformed = new ProtocolException("socket table line: " + line);
            malformed.initCause(e);
            throw malformed;
        }
    }

    /** The kernel prints each 32-bit word of the address as a number of the host's byte order. */
    private static InetAddress address(String hex) throws UnknownHostException {
        ByteBuffer printed = ByteBuffer.wrap(HexFormat.of().parseHex(hex));
        if (printed.capacity() != 4 && printed.capacity() != 16) {
            throw new UnknownHostException(hex);
        }
        ByteBuffer network = ByteBuffer.allocate(printed.capacity()).order(ByteOrder.nativeOrder());
        while (printed.hasRemaining()) {
            network.putInt(printed.getInt());
        }
        return InetAddress.getByAddress(network.array());
    }
}
