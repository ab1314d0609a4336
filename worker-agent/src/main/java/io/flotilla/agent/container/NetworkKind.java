package io.flotilla.agent.container;

import org.jspecify.annotations.Nullable;

/** Which network a container is on; Docker's names for them. */
public enum NetworkKind {
    /** A namespace with an interface and an address on the instance's bridge. */
    BRIDGE("bridge"),
    /** The host's own network namespace. */
    HOST("host"),
    /** A namespace with loopback only. */
    NONE("none"),
    /** The namespace of another container. */
    CONTAINER("container");

    private final String networkName;

    NetworkKind(String networkName) {
        this.networkName = networkName;
    }

    public String networkName() {
        return networkName;
    }

    /** @param mode HostConfig.NetworkMode */
    static NetworkKind of(@Nullable String mode) throws PlanRefused {
        if (NamespaceRules.donor(mode).isPresent()) {
            return CONTAINER;
        }
        return switch (mode == null ? "" : mode) {
            case "", "default", "bridge" -> BRIDGE;
            case "host" -> HOST;
            case "none" -> NONE;
            default -> throw new PlanRefused("network " + mode + " not found");
        };
    }
}
