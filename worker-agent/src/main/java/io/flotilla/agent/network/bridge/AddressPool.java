package io.flotilla.agent.network.bridge;

import java.net.Inet4Address;
import java.util.BitSet;
import java.util.Optional;

/**
 * The addresses of a subnet that containers have. The next one given is the lowest free above the last given, so that an address
 * that became free is not soon another container's: clients and neighbour caches may still remember the first. Not for
 * concurrent use.
 */
final class AddressPool {
    private static final int FIRST = 2;

    private final Subnet subnet;
    private final BitSet taken = new BitSet();
    private int next = FIRST;

    AddressPool(Subnet subnet) {
        this.subnet = subnet;
    }

    /** Empty when all are taken. */
    Optional<Inet4Address> allocate() {
        int end = FIRST + subnet.capacity();
        int number = taken.nextClearBit(next);
        if (number >= end) {
            number = taken.nextClearBit(FIRST);
        }
        if (number >= end) {
            return Optional.empty();
        }
        taken.set(number);
        next = number + 1;
        return Optional.of(subnet.address(number));
    }

    /** Takes an address that is known to be in use, and goes on above it. */
    void reserve(Inet4Address address) {
        int number = subnet.number(address);
        taken.set(number);
        next = Math.max(next, number + 1);
    }

    void release(Inet4Address address) {
        taken.clear(subnet.number(address));
    }
}
