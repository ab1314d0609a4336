package io.flotilla.agent.container;

import io.flotilla.agent.runtime.spec.RuntimeSpec.Namespace;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.HostConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** HostConfig's modes of the namespaces: which are new, the host's or another container's, and what they rule out. */
public final class NamespaceRules {
    private static final String OF_CONTAINER = "container:";

    private NamespaceRules() {}

    /**
     * The container a mode shares its namespace with.
     *
     * @param mode such as container:ID
     */
    public static Optional<String> donor(@Nullable String mode) {
        return mode != null && mode.startsWith(OF_CONTAINER)
                ? Optional.of(mode.substring(OF_CONTAINER.length()))
                : Optional.empty();
    }

    /** The config with every donor by its ID, which no rename changes. @throws PlanRefused when there is no such container */
    static HostConfig resolved(HostConfig config, Neighbours neighbours) throws PlanRefused {
        return config.withNetworkMode(resolved(config.networkMode(), neighbours))
                .withPidMode(resolved(config.pidMode(), neighbours))
                .withIpcMode(resolved(config.ipcMode(), neighbours));
    }

    private static @Nullable String resolved(@Nullable String mode, Neighbours neighbours) throws PlanRefused {
        Optional<String> donor = donor(mode);
        if (donor.isEmpty()) {
            return mode;
        }
        return OF_CONTAINER
                + neighbours
                        .find(donor.get())
                        .orElseThrow(() -> new PlanRefused("No such container: " + donor.get()))
                        .id();
    }

    /** Those that are new; the network's and the donors' are added when the container is connected. */
    static List<Namespace> namespaces(HostConfig config) throws PlanRefused {
        List<Namespace> namespaces = new ArrayList<>();
        namespaces.add(new Namespace(NamespaceType.MOUNT, null));
        if (own("PID", config.pidMode(), List.of("host"), List.of())) {
            namespaces.add(new Namespace(NamespaceType.PID, null));
        }
        if (own("IPC", config.ipcMode(), List.of("host"), List.of("private", "shareable", "none"))) {
            namespaces.add(new Namespace(NamespaceType.IPC, null));
        }
        if (own("UTS", noDonor("UTS", config.utsMode()), List.of("host"), List.of())) {
            namespaces.add(new Namespace(NamespaceType.UTS, null));
        }
        String cgroup = noDonor("cgroup namespace", config.cgroupnsMode());
        if (own("cgroup namespace", cgroup, List.of("host"), List.of("private"))) {
            namespaces.add(new Namespace(NamespaceType.CGROUP, null));
        }
        // users are never mapped here, which is what host asks for
        if (!own("user namespace", noDonor("user namespace", config.usernsMode()), List.of(), List.of("host"))) {
            throw new PlanRefused("invalid user namespace mode: " + config.usernsMode());
        }
        return List.copyOf(namespaces);
    }

    /** Whether it is new: not one of the shared modes and no other container's. */
    private static boolean own(String what, @Nullable String mode, List<String> shared, List<String> owned)
            throws PlanRefused {
        if (mode == null || mode.isEmpty() || owned.contains(mode)) {
            return true;
        }
        Optional<String> donor = donor(mode);
        if (shared.contains(mode) || donor.isPresent() && !donor.get().isEmpty()) {
            return false;
        }
        throw new PlanRefused("invalid " + what + " mode: " + mode);
    }

    private static @Nullable String noDonor(String what, @Nullable String mode) throws PlanRefused {
        if (donor(mode).isPresent()) {
            throw new PlanRefused("invalid " + what + " mode: " + mode);
        }
        return mode;
    }

    /** moby's validateNetMode: options that would have no effect, or another container's. */
    static void check(ContainerConfig config, HostConfig host, boolean hasMacAddress) throws PlanRefused {
        boolean named = config.hostname() != null && !config.hostname().isEmpty();
        refuseIf(named && "host".equals(host.utsMode()), "conflicting options: hostname and the UTS mode");
        boolean joined = donor(host.networkMode()).isPresent();
        if (joined) {
            refuseIf(named, "conflicting options: hostname and the network mode");
            refuseIf(
                    !host.links().isEmpty(),
                    "conflicting options: container type network can't be used with links. This would result in undefined behavior");
            refuseIf(!host.dns().isEmpty(), "conflicting options: dns and the network mode");
            refuseIf(
                    !host.extraHosts().isEmpty(),
                    "conflicting options: custom host-to-IP mapping and the network mode");
            refuseIf(hasMacAddress, "conflicting options: mac-address and the network mode");
            refuseIf(
                    !host.portBindings().isEmpty() || Boolean.TRUE.equals(host.publishAllPorts()),
                    "conflicting options: port publishing and the container type network mode");
            refuseIf(
                    !config.exposedPorts().isEmpty(),
                    "conflicting options: port exposing and the container type network mode");
        }
        if ("host".equals(host.networkMode())) {
            refuseIf(
                    !host.links().isEmpty(),
                    "conflicting options: host type networking can't be used with links. This would result in undefined behavior");
        }
        boolean foreignNetwork = joined || "host".equals(host.networkMode());
        for (String sysctl : host.sysctls().keySet()) {
            refuseIf(
                    foreignNetwork && sysctl.startsWith("net."),
                    "sysctl \"" + sysctl + "\" not allowed in host network namespace");
        }
    }

    private static void refuseIf(boolean refused, String reason) throws PlanRefused {
        if (refused) {
            throw new PlanRefused(reason);
        }
    }
}
