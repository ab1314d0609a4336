package io.flotilla.manager.simulation;

import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.NodeCSIInfo;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.Topology;
import io.flotilla.bus.seal.NodeKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What a simulated host says of itself. */
final class SimulatedNode {
    static final long CPUS = 4_000_000_000L;
    static final long MEMORY_BYTES = 8L << 30;

    /** Public halves by node: to compute one takes longer than all else an agent does. */
    private static final Map<String, String> SEAL_KEYS = new ConcurrentHashMap<>();

    private SimulatedNode() {}

    /** @param session another for each process of the agent */
    static Report described(String id, String session) {
        return new Report.NodeDescribed(
                id,
                session,
                new NodeDescription(
                        id,
                        new Platform("x86_64", "linux"),
                        new ResourceObject(CPUS, MEMORY_BYTES, List.of()),
                        null,
                        null,
                        List.of(plugin(id))),
                "10.0.0.1:7000",
                NodeSpec.Role.WORKER,
                null,
                SEAL_KEYS.computeIfAbsent(id, SimulatedNode::sealKey));
    }

    /** Of the first ones in another zone than of the others; a few have the controller too. */
    private static NodeCSIInfo plugin(String id) {
        int number = Integer.parseInt(id.substring(1));
        return new NodeCSIInfo(
                SimulatedStorage.DRIVER,
                SimulatedStorage.csiNodeId(id),
                number == 2 ? 2L : null,
                new Topology(Map.of("zone", number <= 4 ? "z1" : "z2")),
                number <= 3);
    }

    private static String sealKey(String id) {
        byte[] secret = new byte[32];
        byte[] name = id.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(name, 0, secret, 0, name.length);
        return NodeKey.of(secret).publicKey();
    }
}
