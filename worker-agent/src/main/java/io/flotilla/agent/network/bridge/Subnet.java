package io.flotilla.agent.network.bridge;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** An IPv4 subnet with room for a gateway and a host at least. */
public record Subnet(Inet4Address network, int prefixLength) {

    public Subnet {
        if (prefixLength < 8 || prefixLength > 30) {
            throw new IllegalArgumentException("subnet prefix /" + prefixLength + " is not within /8 to /30");
        }
        if (toInt(network) != (toInt(network) & mask(prefixLength))) {
            throw new IllegalArgumentException(network.getHostAddress() + "/" + prefixLength + " has host bits set");
        }
    }

    /** @param cidr such as {@code 172.17.0.0/16} */
    public static Subnet parse(String cidr) {
        int slash = cidr.indexOf('/');
        if (slash < 0
                || !(InetAddress.ofLiteral(cidr.substring(0, slash)) instanceof Inet4Address network)
                || !cidr.substring(slash + 1).matches("[0-9]{1,2}")) {
            throw new IllegalArgumentException("invalid IPv4 subnet: " + cidr);
        }
        return new Subnet(network, Integer.parseInt(cidr.substring(slash + 1)));
    }

    /** The subnet an address with that prefix is in. */
    static Subnet of(Inet4Address member, int prefixLength) {
        return new Subnet(toAddress(toInt(member) & mask(prefixLength)), prefixLength);
    }

    /** The first address, which the bridge has. */
    Inet4Address gateway() {
        return address(1);
    }

    /** How many addresses containers can have: all but the network's, the gateway's and the broadcast one. */
    int capacity() {
        return (1 << (32 - prefixLength)) - 3;
    }

    /** @param number 0 is the network itself, 1 the gateway */
    Inet4Address address(int number) {
        return toAddress(toInt(network) + number);
    }

    /** The inverse of {@link #address}. */
    int number(Inet4Address member) {
        return toInt(member) - toInt(network);
    }

    boolean contains(InetAddress address) {
        return address instanceof Inet4Address ip4 && (toInt(ip4) & mask(prefixLength)) == toInt(network);
    }

    boolean overlaps(Inet4Address other, int otherPrefixLength) {
        int common = mask(Math.min(prefixLength, otherPrefixLength));
        return (toInt(other) & common) == (toInt(network) & common);
    }

    /** Docker's way: locally administered 02:42, then the address, so that no two in the subnet are the same. */
    static String macOf(Inet4Address address) {
        byte[] a = address.getAddress();
        return "02:42:%02x:%02x:%02x:%02x".formatted(a[0], a[1], a[2], a[3]);
    }

    @Override
    public String toString() {
        return network.getHostAddress() + "/" + prefixLength;
    }

    private static int mask(int prefixLength) {
        return prefixLength == 0 ? 0 : -1 << (32 - prefixLength);
    }

    private static int toInt(Inet4Address address) {
        return ByteBuffer.wrap(address.getAddress()).getInt();
    }

    private static Inet4Address toAddress(int value) {
        try {
            return (Inet4Address) InetAddress.getByAddress(
                    ByteBuffer.allocate(4).putInt(value).array());
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }
}
