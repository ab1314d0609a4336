package io.flotilla.agent.network.bridge;

import io.flotilla.agent.Instance;
import io.flotilla.agent.network.bridge.StoredAttachment.Connected;
import io.flotilla.agent.runtime.linux.netlink.Link;
import io.flotilla.agent.runtime.linux.netlink.LinkAddress;
import io.flotilla.agent.runtime.linux.netlink.NetworkNamespace;
import io.flotilla.agent.runtime.linux.netlink.Rtnetlink;
import io.flotilla.agent.runtime.linux.netlink.VethPair;
import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The instance's bridge and the cables from it into the containers' namespaces. Every method brings about a state and may be
 * repeated. Works in the network namespace of the thread that opened it. Not for concurrent use.
 */
final class BridgeLinks implements Closeable {
    private static final String INSIDE = "eth0";
    private static final int VETH_NUMBERS = 1 << 20;
    /** A shorter one is a default route in disguise, as VPNs make them, and would rule out every subnet. */
    private static final int SHORTEST_ROUTE_PREFIX = 8;

    private final Rtnetlink host;
    private final Instance instance;
    private final int mtuBytes;

    private BridgeLinks(Rtnetlink host, Instance instance, int mtuBytes) {
        this.host = host;
        this.instance = instance;
        this.mtuBytes = mtuBytes;
    }

    static BridgeLinks open(Instance instance, int mtuBytes) throws IOException {
        return new BridgeLinks(Rtnetlink.open(), instance, mtuBytes);
    }

    /** The subnet of the bridge that is there. */
    Optional<Subnet> bridgeSubnet() throws IOException {
        return bridgeSubnets().stream().findFirst();
    }

    private List<Subnet> bridgeSubnets() throws IOException {
        Optional<Link> bridge = host.link(instance.bridge());
        if (bridge.isEmpty()) {
            return List.of();
        }
        return host.addresses().stream()
                .filter(address -> address.linkIndex() == bridge.get().index())
                .filter(address -> address.address() instanceof Inet4Address)
                .map(address -> Subnet.of((Inet4Address) address.address(), address.prefixLength()))
                .toList();
    }

    /** The first of the subnets that the host has no way to yet. */
    Subnet freeSubnet(List<Subnet> candidates) throws IOException {
        List<LinkAddress> routes = host.routes();
        return candidates.stream()
                .filter(candidate -> routes.stream()
                        .filter(route -> route.prefixLength() >= SHORTEST_ROUTE_PREFIX)
                        .noneMatch(route -> candidate.overlaps((Inet4Address) route.address(), route.prefixLength())))
                .findFirst()
                .orElseThrow(() -> new IOException("could not find an available, non-overlapping IPv4 address pool"
                        + " among the defaults to assign to the network: all of " + candidates
                        + " overlap a route of this host"));
    }

    /**
     * The bridge with its gateway address, up. Its hardware address is given, for a bridge without one takes a port's and changes
     * it when that port goes.
     *
     * @return what was missing, in words
     */
    List<String> ensureBridge(Subnet subnet) throws IOException {
        String name = instance.bridge();
        List<String> repaired = new ArrayList<>();
        if (host.link(name).isEmpty()) {
            host.createBridge(name, Subnet.macOf(subnet.gateway()), mtuBytes);
            repaired.add("bridge " + name + " was missing");
        }
        Link bridge = bridge();
        if (!bridge.kind().equals("bridge")) {
            throw new IOException("link " + name + " is a " + bridge.kind() + ", not a bridge: remove it");
        }
        if (!bridgeSubnets().contains(subnet)) {
            host.addAddress(bridge.index(), subnet.gateway(), subnet.prefixLength());
            repaired.add(
                    "bridge " + name + " had no address " + subnet.gateway().getHostAddress());
        }
        if (!bridge.up()) {
            host.setUp(bridge.index());
            repaired.add("bridge " + name + " was down");
        }
        return repaired;
    }

    /** A name for the host's end of a new cable: 15 bytes at most, with the instance's name. */
    String freeVethName(String containerId, Predicate<String> taken) throws IOException {
        int first = Math.floorMod(containerId.hashCode(), VETH_NUMBERS);
        for (int attempt = 0; attempt < VETH_NUMBERS; attempt++) {
            String name = "v%s-%05x".formatted(instance.name(), (first + attempt) % VETH_NUMBERS);
            if (!taken.test(name) && host.link(name).isEmpty()) {
                return name;
            }
        }
        throw new IOException("all " + VETH_NUMBERS + " interface names of the instance are taken");
    }

    /** Makes the namespace with nothing but its loopback. */
    static void ensureNamespace(Path namespace) throws IOException {
        if (!NetworkNamespace.exists(namespace)) {
            NetworkNamespace.create(namespace, BridgeLinks::prepareInside);
        }
    }

    /** As Docker gives it to every container that has a network namespace of its own. */
    private static boolean prepareInside() throws IOException {
        Sysctl.setIfThere("ipv4/ip_unprivileged_port_start", "0");
        Sysctl.setIfThere("ipv4/ping_group_range", "0 2147483647");
        // for interfaces still to come: the bridge is IPv4 only; loopback keeps ::1
        Sysctl.setIfThere("ipv6/conf/default/disable_ipv6", "1");
        try (Rtnetlink inside = Rtnetlink.open()) {
            inside.setUp(Rtnetlink.LOOPBACK_INDEX);
        }
        return true;
    }

    /** Leads a cable from the bridge into the namespace, with address and default route there. */
    void connect(String containerId, Connected to, Path namespace) throws IOException {
        Link bridge = bridge();
        try (Rtnetlink inside = NetworkNamespace.enter(namespace, Rtnetlink::open)) {
            if (inside.link(INSIDE).isEmpty()) {
                // an end without its other one here belongs to a namespace that was lost
                host.deleteLinks(host.link(to.veth()).stream().toList());
                host.createVeth(new VethPair(to.veth(), bridge.index(), mtuBytes, namespace, INSIDE, to.macAddress()));
            } else {
                host.setMaster(linkOf(to.veth()).index(), bridge.index());
            }
            host.configureBridgePort(to.veth(), containerId);
            Link eth0 = inside.link(INSIDE)
                    .orElseThrow(() -> new IOException("interface " + INSIDE + " of " + containerId + " vanished"));
            inside.addAddress(eth0.index(), to.address(), to.prefixLength());
            inside.setUp(eth0.index());
            inside.addDefaultRoute(eth0.index(), to.gateway());
        }
    }

    /** The names of the cables that are plugged into the bridge. */
    Map<String, Link> ports() throws IOException {
        int bridge = bridge().index();
        return host.links().stream()
                .filter(link -> link.masterIndex() == bridge)
                .collect(Collectors.toMap(Link::name, Function.identity()));
    }

    /** Removes the cables of the instance but these: a process that outlived its container can keep one. */
    void removeOthers(Set<String> cables) throws IOException {
        Pattern veth = vethPattern(instance);
        host.deleteLinks(host.links().stream()
                .filter(link -> veth.matcher(link.name()).matches() && !cables.contains(link.name()))
                .toList());
    }

    /** Every link that bears the instance's name. */
    static void removeAll(Instance instance) throws IOException {
        Pattern veth = vethPattern(instance);
        try (Rtnetlink host = Rtnetlink.open()) {
            host.deleteLinks(host.links().stream()
                    .filter(link -> link.name().equals(instance.bridge())
                            || veth.matcher(link.name()).matches())
                    .toList());
        }
    }

    private static Pattern vethPattern(Instance instance) {
        return Pattern.compile("v" + instance.name() + "-[0-9a-f]{5}");
    }

    private Link bridge() throws IOException {
        return linkOf(instance.bridge());
    }

    private Link linkOf(String name) throws IOException {
        return host.link(name).orElseThrow(() -> new IOException("link " + name + " is gone"));
    }

    @Override
    public void close() {
        host.close();
    }
}
