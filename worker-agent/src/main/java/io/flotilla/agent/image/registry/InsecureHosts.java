package io.flotilla.agent.image.registry;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Which registries need no verified certificate: by name, by host:port, or because their address is in a range (CIDR). */
final class InsecureHosts {
    private final List<String> entries;

    InsecureHosts(List<String> entries) {
        this.entries = entries;
    }

    /** @param authority host[:port] */
    boolean contains(String authority) {
        String host = host(authority);
        return entries.stream()
                .anyMatch(entry -> entry.equals(authority) || entry.equals(host) || inRange(host, entry));
    }

    static String host(String authority) {
        int colon = authority.lastIndexOf(':');
        boolean port = colon > authority.lastIndexOf(']') && colon >= 0;
        String host = port ? authority.substring(0, colon) : authority;
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static boolean inRange(String host, String cidr) {
        int slash = cidr.indexOf('/');
        if (slash < 0) {
            return false;
        }
        try {
            byte[] range = InetAddress.getByName(cidr.substring(0, slash)).getAddress();
            int bits = Integer.parseInt(cidr.substring(slash + 1));
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (matches(address.getAddress(), range, bits)) {
                    return true;
                }
            }
            return false;
        } catch (UnknownHostException | NumberFormatException e) {
            return false; // a host nobody knows is in no range; connecting to it tells the user
        }
    }

    private static boolean matches(byte[] address, byte[] range, int bits) {
        if (address.length != range.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> (bit % 8);
            if ((address[bit / 8] & mask) != (range[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
