package io.flotilla.agent.network.bridge;

import io.flotilla.agent.Instance;
import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.network.Protocol;
import io.flotilla.agent.network.port.HostPorts;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The instance's nftables table as it should be, all of it. A pure value; {@link #render} is one transaction that replaces whatever
 * is there, and established connections outlive it, for the kernel remembers their translation.
 *
 * <p>Published ports lead to containers from everywhere: other hosts and containers come by prerouting, the host itself by output.
 * A reply has to come back through the host, so the source is masked where the container would answer directly: from another
 * container of the bridge (hairpin) and from 127.0.0.0/8. Everybody else's address is kept.
 *
 * <p>What comes from outside for a container but was not published is dropped, as Docker does since 28. Only our own table is
 * touched: an administrator's own chain that drops forwarded packets wins over an accept here (nft(8): a drop in any
 * base chain is final), and has to let the bridge pass.
 *
 * @param forwards of containers, no two with the same protocol, address and port
 * @param ingress of services, no two with the same protocol and port
 */
record Ruleset(String table, String bridge, Subnet subnet, List<Forward> forwards, List<IngressPort> ingress) {
    private static final Comparator<InetAddress> BY_BYTES =
            Comparator.comparing(InetAddress::getAddress, Arrays::compareUnsigned);

    /** @param hostAddress 0.0.0.0 for every address of the host */
    record Forward(
            Protocol protocol, Inet4Address hostAddress, int hostPort, Inet4Address container, int containerPort) {

        private String destination() {
            return container.getHostAddress() + " . " + containerPort;
        }
    }

    /**
     * What these attachments and published ports need. A back end of this bridge that is not attached gets no connection, even
     * before the next publication leaves it out.
     */
    static Ruleset of(
            Instance instance, Subnet subnet, Collection<StoredAttachment> attached, Collection<IngressPort> ingress)
            throws IOException {
        Set<InetAddress> addresses = new HashSet<>();
        List<Forward> forwards = new ArrayList<>();
        for (StoredAttachment stored : attached) {
            if (stored.connected().isPresent()) {
                Inet4Address container = stored.connected().get().address();
                addresses.add(container);
                for (PortMapping mapping : stored.ports()) {
                    forwards.add(new Forward(
                            mapping.protocol(),
                            HostPorts.listenAddress(mapping.hostAddress()),
                            mapping.hostPort(),
                            container,
                            mapping.containerPort()));
                }
            }
        }
        List<IngressPort> served = ingress.stream()
                .map(port -> new IngressPort(
                        port.protocol(),
                        port.publishedPort(),
                        port.targetPort(),
                        port.backends().stream()
                                .filter(backend -> !subnet.contains(backend) || addresses.contains(backend))
                                .toList()))
                .toList();
        return new Ruleset(instance.nftablesTable(), instance.bridge(), subnet, forwards, served);
    }

    /** The nft(8) script; the same text for the same state. */
    String render() {
        return """
                table ip %1$s
                delete table ip %1$s
                table ip %1$s {
                  map bound_ports {
                    type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service;%4$s
                  }
                  map ports {
                    type inet_proto . inet_service : ipv4_addr . inet_service;%5$s
                  }
                  set refused_ports {
                    type inet_proto . inet_service;%6$s
                  }
                %7$s
                  map ingress {
                    type inet_proto . inet_service : verdict;%8$s
                  }
                  chain published {
                    dnat ip to ip daddr . meta l4proto . th dport map @bound_ports
                    dnat ip to meta l4proto . th dport map @ports
                    meta l4proto . th dport vmap @ingress
                  }
                  chain prerouting {
                    type nat hook prerouting priority -100; policy accept;
                    fib daddr type local jump published
                  }
                  chain output {
                    type nat hook output priority -100; policy accept;
                    fib daddr type local jump published
                  }
                  chain postrouting {
                    type nat hook postrouting priority 100; policy accept;
                    oifname "%2$s" ct status dnat ip saddr { 127.0.0.0/8, %3$s } masquerade
                    oifname != "%2$s" ip saddr %3$s masquerade
                  }
                  # route_localnet lets replies to the host's loopback through; nothing else from a container gets there
                  chain loopback_guard {
                    type filter hook prerouting priority -300; policy accept;
                    iifname "%2$s" ip daddr 127.0.0.0/8 drop
                  }
                  chain refuse {
                    meta l4proto tcp reject with tcp reset
                    reject with icmp type port-unreachable
                  }
                  # a published port without back ends: the socket that holds the port would take the connection
                  chain input {
                    type filter hook input priority 0; policy accept;
                    ct direction original fib daddr type local meta l4proto . th dport @refused_ports jump refuse
                  }
                  chain forward {
                    type filter hook forward priority 0; policy accept;
                    iifname "%2$s" accept
                    oifname "%2$s" ct state established,related accept
                    oifname "%2$s" ct status dnat accept
                    oifname "%2$s" drop
                  }
                }
                """.formatted(
                        table,
                        bridge,
                        subnet,
                        elements(boundPorts()),
                        elements(ports()),
                        elements(refused()),
                        ingressChains(),
                        elements(ingressJumps()));
    }

    private List<String> boundPorts() {
        return forwards(forward -> !forward.hostAddress().isAnyLocalAddress()).stream()
                .map(forward -> forward.hostAddress().getHostAddress() + " . "
                        + key(forward.protocol(), forward.hostPort()) + " : " + forward.destination())
                .toList();
    }

    private List<String> ports() {
        return forwards(forward -> forward.hostAddress().isAnyLocalAddress()).stream()
                .map(forward -> key(forward.protocol(), forward.hostPort()) + " : " + forward.destination())
                .toList();
    }

    private List<Forward> forwards(Predicate<Forward> which) {
        return forwards.stream()
                .filter(which)
                .sorted(Comparator.comparing(Forward::protocol)
                        .thenComparing(Forward::hostPort)
                        .thenComparing(Forward::hostAddress, BY_BYTES))
                .toList();
    }

    private List<String> refused() {
        return ingress(port -> port.backends().isEmpty()).stream()
                .map(port -> key(port.protocol(), port.publishedPort()))
                .toList();
    }

    private List<String> ingressJumps() {
        return ingress(port -> !port.backends().isEmpty()).stream()
                .map(port -> key(port.protocol(), port.publishedPort()) + " : jump " + chain(port))
                .toList();
    }

    private String ingressChains() {
        return ingress(port -> !port.backends().isEmpty()).stream()
                .map(Ruleset::ingressChain)
                .collect(Collectors.joining());
    }

    private List<IngressPort> ingress(Predicate<IngressPort> which) {
        return ingress.stream()
                .filter(which)
                .sorted(Comparator.comparing(IngressPort::protocol).thenComparing(IngressPort::publishedPort))
                .toList();
    }

    /** In turn, once for each connection: only its first packet meets a nat chain. */
    private static String ingressChain(IngressPort port) {
        List<InetAddress> backends =
                port.backends().stream().distinct().sorted(BY_BYTES).toList();
        String turns = IntStream.range(0, backends.size())
                .mapToObj(turn -> turn + " : " + backends.get(turn).getHostAddress() + " . " + port.targetPort())
                .collect(Collectors.joining(", "));
        return """
                  chain %s {
                    meta l4proto %s dnat ip to numgen inc mod %d map { %s }
                  }
                """.formatted(chain(port), name(port.protocol()), backends.size(), turns)
                .indent(2);
    }

    private static String chain(IngressPort port) {
        return "ingress_" + name(port.protocol()) + "_" + port.publishedPort();
    }

    private static String key(Protocol protocol, int port) {
        return name(protocol) + " . " + port;
    }

    private static String name(Protocol protocol) {
        return protocol.name().toLowerCase(Locale.ROOT);
    }

    private static String elements(List<String> elements) {
        return elements.isEmpty() ? "" : "\n    elements = { " + String.join(", ", elements) + " };";
    }
}
