package io.flotilla.bus.broker;

import java.nio.file.Path;
import java.util.List;

/**
 * One broker, which is a controller too.
 *
 * @param nodeId unique among the voters
 * @param clusterId the same on all; any string
 * @param dir owned by the broker
 * @param host on which both ports listen and clients and brokers reach it
 * @param voters every controller, this one included
 */
public record BrokerConfig(
        int nodeId, String clusterId, Path dir, String host, int port, int controllerPort, List<Voter> voters) {

    public record Voter(int nodeId, String host, int controllerPort) {}

    public BrokerConfig {
        voters = List.copyOf(voters);
        int id = nodeId;
        if (voters.stream().noneMatch(voter -> voter.nodeId() == id)) {
            throw new IllegalArgumentException("broker " + nodeId + " is not among the voters " + voters);
        }
    }

    /** The only broker of its cluster. */
    public static BrokerConfig single(String clusterId, Path dir, String host, int port, int controllerPort) {
        return new BrokerConfig(
                1, clusterId, dir, host, port, controllerPort, List.of(new Voter(1, host, controllerPort)));
    }

    public String bootstrapServers() {
        return host + ":" + port;
    }
}
