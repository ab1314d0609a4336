package io.flotilla.agent.network.bridge;

import io.flotilla.agent.network.Attachment;
import io.flotilla.agent.network.PortMapping;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was decided for a container, as the journal keeps it.
 *
 * @param veth the host's end of its cable, null for a container without a network, as are the addresses
 * @param macAddress asked for; null for one of the address
 * @param ports with the host ports that were taken
 */
record StoredAttachment(
        String containerId,
        @Nullable String veth,
        @Nullable String address,
        int prefixLength,
        @Nullable String gateway,
        @Nullable String macAddress,
        List<PortMapping> ports) {

    static StoredAttachment isolated(String containerId) {
        return new StoredAttachment(containerId, null, null, 0, null, null, List.of());
    }

    Optional<Connected> connected() {
        return veth == null || address == null || gateway == null
                ? Optional.empty()
                : Optional.of(connected(veth, parse(address), parse(gateway)));
    }

    Attachment at(Path namespace) {
        return connected()
                .map(to -> new Attachment(
                        namespace, to.address(), to.prefixLength(), to.gateway(), to.macAddress(), ports))
                .orElse(new Attachment(namespace, null, 0, null, "", List.of()));
    }

    private Connected connected(String cable, Inet4Address at, Inet4Address through) {
        return new Connected(cable, at, prefixLength, through, macAddress == null ? Subnet.macOf(at) : macAddress);
    }

    private static Inet4Address parse(String address) {
        return (Inet4Address) InetAddress.ofLiteral(address);
    }

    /** The part a container on the bridge has. */
    record Connected(String veth, Inet4Address address, int prefixLength, Inet4Address gateway, String macAddress) {}
}
