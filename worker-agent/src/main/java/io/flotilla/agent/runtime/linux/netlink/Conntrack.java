package io.flotilla.agent.runtime.linux.netlink;

import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import io.flotilla.agent.runtime.linux.netlink.NetlinkMessage.Attributes;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's table of connections. A datagram flow keeps the back end it was translated to for as long as it goes on, so the
 * flows of a back end that is gone have to be forgotten for their next datagram to find another.
 */
public final class Conntrack {
    private static final int AF_INET = 2;
    private static final int IPCTNL_MSG_CT_GET = 0x0101;
    private static final int IPCTNL_MSG_CT_DELETE = 0x0102;
    private static final int NFGENMSG_BYTES = 4;

    private static final int CTA_TUPLE_ORIG = 1;
    private static final int CTA_TUPLE_REPLY = 2;
    private static final int CTA_TUPLE_IP = 1;
    private static final int CTA_TUPLE_PROTO = 2;
    private static final int CTA_IP_V4_SRC = 1;
    private static final int CTA_PROTO_NUM = 1;
    private static final int CTA_PROTO_DST_PORT = 3;
    private static final int IPPROTO_UDP = 17;

    private Conntrack() {}

    /**
     * A translated datagram flow.
     *
     * @param destinationPort the client sent to
     * @param backend that answers
     */
    public record Flow(int destinationPort, InetAddress backend) {}

    private record Entry(byte[] originalTuple) {}

    /** Forgets those IPv4 UDP flows in the calling thread's network namespace. */
    public static void forgetUdp(Predicate<Flow> which) throws IOException {
        try (NetlinkSocket socket = NetlinkSocket.netfilter()) {
            NetlinkRequest all = nfgenmsg(new NetlinkRequest("IPCTNL_MSG_CT_GET", "", IPCTNL_MSG_CT_GET, 0));
            for (Entry entry : socket.dump(all, message -> read(message, which))) {
                forget(socket, entry);
            }
        }
    }

    private static void forget(NetlinkSocket socket, Entry entry) throws IOException {
        try {
            socket.change(nfgenmsg(new NetlinkRequest("IPCTNL_MSG_CT_DELETE", "udp flow", IPCTNL_MSG_CT_DELETE, 0))
                    .attribute(CTA_TUPLE_ORIG | NetlinkRequest.NLA_F_NESTED, entry.originalTuple()));
        } catch (KernelException e) {
            // it ended by itself since the dump
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    private static NetlinkRequest nfgenmsg(NetlinkRequest request) {
        return request.u8(AF_INET).u8(0).u16(0);
    }

    private static @Nullable Entry read(NetlinkMessage message, Predicate<Flow> which) throws IOException {
        Attributes attributes = message.attributes(NFGENMSG_BYTES);
        Attributes original = attributes.nested(CTA_TUPLE_ORIG);
        Attributes protocol = original.nested(CTA_TUPLE_PROTO);
        Optional<byte[]> number = protocol.bytes(CTA_PROTO_NUM);
        Optional<byte[]> port = protocol.bytes(CTA_PROTO_DST_PORT);
        Optional<byte[]> backend =
                attributes.nested(CTA_TUPLE_REPLY).nested(CTA_TUPLE_IP).bytes(CTA_IP_V4_SRC);
        if (number.isEmpty() || number.get()[0] != IPPROTO_UDP || port.isEmpty() || backend.isEmpty()) {
            return null;
        }
        Flow flow = new Flow(ByteBuffer.wrap(port.get()).getShort() & 0xffff, InetAddress.getByAddress(backend.get()));
        return which.test(flow) ? new Entry(attributes.bytes(CTA_TUPLE_ORIG).orElseThrow()) : null;
    }
}
