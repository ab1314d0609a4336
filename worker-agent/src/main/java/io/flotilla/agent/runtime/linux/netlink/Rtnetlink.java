package io.flotilla.agent.runtime.linux.netlink;

import static io.flotilla.agent.runtime.linux.netlink.NetlinkRequest.NLM_F_CREATE;
import static io.flotilla.agent.runtime.linux.netlink.NetlinkRequest.NLM_F_EXCL;

import io.flotilla.agent.runtime.linux.Errno;
import io.flotilla.agent.runtime.linux.KernelException;
import io.flotilla.agent.runtime.linux.netlink.NetlinkMessage.Attributes;
import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Links, addresses and routes of one network namespace (rtnetlink(7)): that of the thread which opened it. Safe for any
 * thread. What the kernel refuses is a {@link KernelException} that names the message and the interface.
 */
public final class Rtnetlink implements Closeable {
    /** Every namespace is born with this one. */
    public static final int LOOPBACK_INDEX = 1;

    private static final int AF_UNSPEC = 0;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;

    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int RTM_GETLINK = 18;
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_GETADDR = 22;
    private static final int RTM_NEWROUTE = 24;
    private static final int RTM_GETROUTE = 26;

    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_MASTER = 10;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_IFALIAS = 20;
    private static final int IFLA_GROUP = 27;
    private static final int IFLA_NET_NS_FD = 28;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int IFLA_INFO_SLAVE_KIND = 4;
    private static final int IFLA_INFO_SLAVE_DATA = 5;
    private static final int IFLA_BRPORT_MODE = 4;
    private static final int VETH_INFO_PEER = 1;
    private static final int IFF_UP = 1;
    /** Above what people number theirs. */
    private static final int FIRST_GROUP = 1 << 24;

    private static final int IFINFOMSG_BYTES = 16;

    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_BROADCAST = 4;
    private static final int IFADDRMSG_BYTES = 8;

    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_GATEWAY = 5;
    private static final int RT_TABLE_MAIN = 254;
    private static final int RTPROT_BOOT = 3;
    private static final int RTN_UNICAST = 1;
    private static final int RTMSG_BYTES = 12;

    private final NetlinkSocket socket;

    private Rtnetlink(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** In the network namespace of the calling thread, where it stays. */
    public static Rtnetlink open() throws IOException {
        return new Rtnetlink(NetlinkSocket.route());
    }

    /** Makes a bridge that is up. */
    public void createBridge(String name, String mac, int mtuBytes) throws IOException {
        socket.change(linkRequest("RTM_NEWLINK", name, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, IFF_UP)
                .attribute(IFLA_IFNAME, name)
                .attribute(IFLA_ADDRESS, macBytes(mac))
                .attribute(IFLA_MTU, mtuBytes)
                .nest(IFLA_LINKINFO)
                .attribute(IFLA_INFO_KIND, "bridge")
                .end());
    }

    /**
     * Makes both ends in one request, each in its place, the one here up: nothing is left when it fails. The other can't be
     * up from the start, for a veth end comes up (ENOTCONN otherwise) only when its peer is complete.
     */
    public void createVeth(VethPair pair) throws IOException {
        int namespace = NetworkNamespace.open(pair.peerNamespace());
        try {
            NetlinkRequest request = linkRequest(
                            "RTM_NEWLINK", pair.name(), RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, IFF_UP)
                    .attribute(IFLA_IFNAME, pair.name())
                    .attribute(IFLA_MTU, pair.mtuBytes())
                    .attribute(IFLA_MASTER, pair.masterIndex())
                    .nest(IFLA_LINKINFO)
                    .attribute(IFLA_INFO_KIND, "veth")
                    .nest(IFLA_INFO_DATA)
                    .nest(VETH_INFO_PEER);
            socket.change(ifinfomsg(request, 0, 0)
                    .attribute(IFLA_IFNAME, pair.peerName())
                    .attribute(IFLA_ADDRESS, macBytes(pair.peerMac()))
                    .attribute(IFLA_MTU, pair.mtuBytes())
                    .attribute(IFLA_NET_NS_FD, namespace)
                    .end()
                    .end()
                    .end());
        } finally {
            NetlinkCalls.close(namespace);
        }
    }

    /**
     * Lets a bridge's port send frames back where they came from, and gives it an alias. A container that calls its own published
     * port needs it where bridged frames pass the packet filter (bridge-nf-call-iptables): they are translated and sent on
     * without leaving the bridge.
     */
    public void configureBridgePort(String name, String alias) throws IOException {
        socket.change(linkRequest("RTM_NEWLINK", name, RTM_NEWLINK, 0, 0, 0)
                .attribute(IFLA_IFNAME, name)
                .attribute(IFLA_IFALIAS, alias)
                .nest(IFLA_LINKINFO)
                .attribute(IFLA_INFO_SLAVE_KIND, "bridge")
                .nest(IFLA_INFO_SLAVE_DATA)
                .attribute(IFLA_BRPORT_MODE, new byte[] {1})
                .end()
                .end());
    }

    public void setUp(int index) throws IOException {
        socket.change(linkRequest("RTM_NEWLINK", "up " + index, RTM_NEWLINK, 0, index, IFF_UP));
    }

    public void setMaster(int index, int masterIndex) throws IOException {
        socket.change(linkRequest("RTM_NEWLINK", "master of " + index, RTM_NEWLINK, 0, index, 0)
                .attribute(IFLA_MASTER, masterIndex));
    }

    /**
     * Removes links, of a veth both ends. No error for those that are gone. All in one request, by a group made for it: a removal
     * waits until no processor can see the link any more, tens of milliseconds, and so waits once.
     */
    public void deleteLinks(Collection<Link> links) throws IOException {
        if (links.isEmpty()) {
            return;
        }
        int group = unusedGroup();
        for (Link link : links) {
            unless(
                    Errno.ENODEV,
                    linkRequest("RTM_NEWLINK", link.name(), RTM_NEWLINK, 0, link.index(), 0)
                            .attribute(IFLA_GROUP, group));
        }
        unless(
                Errno.ENODEV,
                linkRequest("RTM_DELLINK", "group " + group, RTM_DELLINK, 0, 0, 0)
                        .attribute(IFLA_GROUP, group));
    }

    private int unusedGroup() throws IOException {
        Set<Integer> used = new HashSet<>(socket.dump(
                linkRequest("RTM_GETLINK", "all", RTM_GETLINK, 0, 0, 0),
                message -> message.attributes(IFINFOMSG_BYTES).u32(IFLA_GROUP).orElse(0)));
        int group = FIRST_GROUP;
        while (used.contains(group)) {
            group++;
        }
        return group;
    }

    public Optional<Link> link(String name) throws IOException {
        NetlinkRequest request =
                linkRequest("RTM_GETLINK", name, RTM_GETLINK, 0, 0, 0).attribute(IFLA_IFNAME, name);
        Optional<NetlinkMessage> found = socket.get(request, Errno.ENODEV);
        return found.isEmpty() ? Optional.empty() : Optional.of(readLink(found.get()));
    }

    public List<Link> links() throws IOException {
        return socket.dump(linkRequest("RTM_GETLINK", "all", RTM_GETLINK, 0, 0, 0), Rtnetlink::readLink);
    }

    /** Gives a link an address with the broadcast address of its subnet. No error when it has it. */
    public void addAddress(int index, Inet4Address address, int prefixLength) throws IOException {
        byte[] bytes = address.getAddress();
        int host = prefixLength == 32 ? 0 : -1 >>> prefixLength;
        byte[] broadcast = ByteBuffer.allocate(4)
                .putInt(ByteBuffer.wrap(bytes).getInt() | host)
                .array();
        NetlinkRequest request = new NetlinkRequest(
                        "RTM_NEWADDR",
                        address.getHostAddress() + "/" + prefixLength,
                        RTM_NEWADDR,
                        NLM_F_CREATE | NLM_F_EXCL)
                .u8(AF_INET)
                .u8(prefixLength)
                .u8(0)
                .u8(0)
                .u32(index)
                .attribute(IFA_LOCAL, bytes)
                .attribute(IFA_ADDRESS, bytes)
                .attribute(IFA_BROADCAST, broadcast);
        unless(Errno.EEXIST, request);
    }

    /** The addresses of all links. */
    public List<LinkAddress> addresses() throws IOException {
        NetlinkRequest request = new NetlinkRequest("RTM_GETADDR", "all", RTM_GETADDR, 0)
                .u8(AF_UNSPEC)
                .u8(0)
                .u8(0)
                .u8(0)
                .u32(0);
        return socket.dump(request, Rtnetlink::readAddress);
    }

    /** The way to everywhere else. No error when there is one through the same gateway. */
    public void addDefaultRoute(int index, Inet4Address gateway) throws IOException {
        unless(
                Errno.EEXIST,
                routeRequest("default via " + gateway.getHostAddress(), RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL)
                        .attribute(RTA_GATEWAY, gateway.getAddress())
                        .attribute(RTA_OIF, index));
    }

    /** The destinations of all IPv4 routes of all tables but the default ones. */
    public List<LinkAddress> routes() throws IOException {
        return socket.dump(routeRequest("all", RTM_GETROUTE, 0), Rtnetlink::readRoute);
    }

    @Override
    public void close() {
        socket.close();
    }

    private void unless(int errno, NetlinkRequest request) throws IOException {
        try {
            socket.change(request);
        } catch (KernelException e) {
            if (e.errno() != errno) {
                throw e;
            }
        }
    }

    private static NetlinkRequest routeRequest(String target, int type, int flags) {
        return new NetlinkRequest(type == RTM_NEWROUTE ? "RTM_NEWROUTE" : "RTM_GETROUTE", target, type, flags)
                .u8(AF_INET)
                .u8(0)
                .u8(0)
                .u8(0)
                .u8(type == RTM_NEWROUTE ? RT_TABLE_MAIN : 0)
                .u8(type == RTM_NEWROUTE ? RTPROT_BOOT : 0)
                .u8(0)
                .u8(type == RTM_NEWROUTE ? RTN_UNICAST : 0)
                .u32(0);
    }

    private static NetlinkRequest linkRequest(
            String name, String target, int type, int flags, int index, int interfaceFlags) {
        return ifinfomsg(new NetlinkRequest(name, target, type, flags), index, interfaceFlags);
    }

    private static NetlinkRequest ifinfomsg(NetlinkRequest request, int index, int interfaceFlags) {
        return request.u8(AF_UNSPEC).u8(0).u16(0).u32(index).u32(interfaceFlags).u32(interfaceFlags);
    }

    private static Link readLink(NetlinkMessage message) throws IOException {
        ByteBuffer fixed = message.buffer(IFINFOMSG_BYTES);
        Attributes attributes = message.attributes(IFINFOMSG_BYTES);
        return new Link(
                fixed.getInt(4),
                attributes.text(IFLA_IFNAME).orElse(""),
                attributes.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND).orElse(""),
                attributes.u32(IFLA_MASTER).orElse(0),
                (fixed.getInt(8) & IFF_UP) != 0,
                attributes.u32(IFLA_MTU).orElse(0),
                attributes.bytes(IFLA_ADDRESS).map(MAC::formatHex).orElse(""),
                attributes.text(IFLA_IFALIAS).orElse(""));
    }

    private static @Nullable LinkAddress readAddress(NetlinkMessage message) throws IOException {
        ByteBuffer fixed = message.buffer(IFADDRMSG_BYTES);
        if (fixed.get(0) != AF_INET && fixed.get(0) != AF_INET6) {
            return null;
        }
        Attributes attributes = message.attributes(IFADDRMSG_BYTES);
        // on a point-to-point link IFA_ADDRESS is the other side's
        byte[] address = attributes
                .bytes(IFA_LOCAL)
                .or(() -> attributes.bytes(IFA_ADDRESS))
                .orElse(null);
        return address == null
                ? null
                : new LinkAddress(fixed.getInt(4), InetAddress.getByAddress(address), fixed.get(1) & 0xff);
    }

    private static @Nullable LinkAddress readRoute(NetlinkMessage message) throws IOException {
        ByteBuffer fixed = message.buffer(RTMSG_BYTES);
        Attributes attributes = message.attributes(RTMSG_BYTES);
        byte[] destination = attributes.bytes(RTA_DST).orElse(null);
        return fixed.get(0) != AF_INET || destination == null
                ? null
                : new LinkAddress(
                        attributes.u32(RTA_OIF).orElse(0), InetAddress.getByAddress(destination), fixed.get(1) & 0xff);
    }

    private static final HexFormat MAC = HexFormat.ofDelimiter(":");

    private static byte[] macBytes(String mac) {
        return MAC.parseHex(mac);
    }
}
