package io.flotilla.manager.control.core;

import io.flotilla.bus.schema.IPAM;
import io.flotilla.bus.schema.IPAMConfig;
import io.flotilla.bus.schema.ManagerStatus;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** What is there before anyone asks: the predefined networks, and the mark on the node whose manager leads. */
final class Foundation implements ControlLoop {
    private final String managerId;

    Foundation(String managerId) {
        this.managerId = managerId;
    }

    @Override
    public void settle(Turn turn, Changed changed) {
        if (!changed.everything()) {
            return;
        }
        predefined(
                turn, "bridge", "bridge", "172.17.0.0/16", Map.of("com.docker.network.bridge.default_bridge", "true"));
        predefined(turn, "host", "host", null, Map.of());
        predefined(turn, "none", "null", null, Map.of());
        for (Node node : List.copyOf(turn.state().nodes())) {
            ManagerStatus status = node.managerStatus();
            boolean leads = node.id().equals(managerId);
            if (status != null && Boolean.TRUE.equals(status.leader()) != leads) {
                turn.put(node.withManagerStatus(status.withLeader(leads ? true : null))
                        .withUpdatedAt(turn.now()));
            }
        }
    }

    private static void predefined(
            Turn turn,
            String name,
            String driver,
            @org.jspecify.annotations.Nullable String subnet,
            Map<String, String> options) {
        String id = idOf(name);
        if (turn.state().network(id).isPresent()) {
            return;
        }
        List<IPAMConfig> config =
                subnet == null ? List.of() : List.of(new IPAMConfig(subnet, null, "172.17.0.1", Map.of()));
        turn.put(new Network(
                id,
                new ObjectVersion(0),
                turn.now(),
                turn.now(),
                name,
                "local",
                driver,
                true,
                false,
                new IPAM("default", config, Map.of()),
                false,
                false,
                false,
                null,
                false,
                options,
                Map.of()));
    }

    /** The same in every installation, and of the form local networks have: 64 hexadecimal digits. */
    static String idOf(String predefinedName) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(("flotilla predefined network " + predefinedName).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
