package io.flotilla.agent.network.bridge;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How a node's bridge is made.
 *
 * @param subnets in order of preference: the first that no route of the host overlaps is taken when the bridge is made
 * @param mtuBytes of the bridge and the containers' interfaces
 */
public record BridgeConfig(List<Subnet> subnets, int mtuBytes) {

    /** Docker's local address pools, and Ethernet's size. */
    public static BridgeConfig defaults() {
        Stream<String> large = IntStream.rangeClosed(17, 31).mapToObj(second -> "172." + second + ".0.0/16");
        Stream<String> small = IntStream.range(0, 16).mapToObj(third -> "192.168." + third * 16 + ".0/20");
        return new BridgeConfig(Stream.concat(large, small).map(Subnet::parse).toList(), 1500);
    }
}
