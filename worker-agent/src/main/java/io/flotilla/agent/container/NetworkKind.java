package io.flotilla.agent.container;

import io.flotilla.bus.schema.NetworkAttachmentConfig;
import java.util.List;

/** Which of the predefined networks a container is on; Docker's names for them. */
public enum NetworkKind {
    /** A namespace with an interface and an address on the instance's bridge. */
    BRIDGE("bridge"),
    /** The host's own network namespace. */
    HOST("host"),
    /** A namespace with loopback only. */
    NONE("none");

    private final String networkName;

    NetworkKind(String networkName) {
        this.networkName = networkName;
    }

    public String networkName() {
        return networkName;
    }

    static NetworkKind of(List<NetworkAttachmentConfig> wanted) {
        for (NetworkAttachmentConfig network : wanted) {
            if ("host".equals(network.target())) {
                return HOST;
            }
            if ("none".equals(network.target())) {
                return NONE;
            }
        }
        return BRIDGE;
    }
}
