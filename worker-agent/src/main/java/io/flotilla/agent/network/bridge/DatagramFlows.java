package io.flotilla.agent.network.bridge;

import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.Protocol;
import io.flotilla.agent.runtime.linux.netlink.Conntrack;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Flows of datagrams whose back end is gone: the kernel would go on sending there for as long as the client does. */
final class DatagramFlows {

    private DatagramFlows() {}

    static void forgetTo(Inet4Address container) throws IOException {
        Conntrack.forgetUdp(flow -> flow.backend().equals(container));
    }

    /** Those to back ends that a published port had before and has no longer. */
    static void forget(Collection<IngressPort> before, Collection<IngressPort> now) throws IOException {
        Map<Integer, Set<InetAddress>> gone = gone(before, now);
        if (!gone.isEmpty()) {
            Conntrack.forgetUdp(
                    flow -> gone.getOrDefault(flow.destinationPort(), Set.of()).contains(flow.backend()));
        }
    }

    /** By published port. */
    static Map<Integer, Set<InetAddress>> gone(Collection<IngressPort> before, Collection<IngressPort> now) {
        Map<Integer, Set<InetAddress>> gone = new HashMap<>();
        for (IngressPort port : before) {
            if (port.protocol() == Protocol.UDP) {
                gone.put(port.publishedPort(), new HashSet<>(port.backends()));
            }
        }
        for (IngressPort port : now) {
            if (port.protocol() == Protocol.UDP) {
                gone.getOrDefault(port.publishedPort(), new HashSet<>()).removeAll(Set.copyOf(port.backends()));
            }
        }
        gone.values().removeIf(Set::isEmpty);
        return gone;
    }
}
