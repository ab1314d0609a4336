package io.flotilla.manager.control.core;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An IPv4 range that networks' subnets are cut from. */
record AddressPool(int network, int prefixLength) {
    private static final Pattern CIDR = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})/(\\d{1,2})");

    static Optional<AddressPool> parse(String cidr) {
        Matcher matcher = CIDR.matcher(cidr);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int address = 0;
        for (int group = 1; group <= 4; group++) {
            int octet = Integer.parseInt(matcher.group(group));
            if (octet > 255) {
                return Optional.empty();
            }
            address = address << 8 | octet;
        }
        int prefix = Integer.parseInt(matcher.group(5));
        if (prefix < 1 || prefix > 32) {
            return Optional.empty();
        }
        return Optional.of(new AddressPool(address & -1 << (32 - prefix), prefix));
    }

    /** Whether a subnet of a prefix length fits, and holds a gateway and a host. */
    boolean holds(int subnetPrefixLength) {
        return subnetPrefixLength >= prefixLength && subnetPrefixLength <= 29;
    }

    String firstSubnet(int subnetPrefixLength) {
        return dotted(network) + "/" + subnetPrefixLength;
    }

    String firstGateway() {
        return dotted(network + 1);
    }

    private static String dotted(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 255) + "." + (address >>> 8 & 255) + "." + (address & 255);
    }
}
