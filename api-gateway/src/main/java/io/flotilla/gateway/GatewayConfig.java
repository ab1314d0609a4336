package io.flotilla.gateway;

import java.util.List;

/**
 * What a gateway has to know of the process it runs in.
 *
 * @param nodeId this host's node
 * @param commit of the source it was built from, may be empty
 * @param buildTime RFC 3339, may be empty
 * @param managerAddresses host:port of managers' Control services, tried in this order until one leads
 */
public record GatewayConfig(
        String nodeId, String version, String commit, String buildTime, List<String> managerAddresses) {
    public GatewayConfig {
        managerAddresses = List.copyOf(managerAddresses);
    }
}
