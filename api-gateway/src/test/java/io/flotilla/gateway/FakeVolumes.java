package io.flotilla.gateway;

import io.flotilla.bus.node.VolumeUsage;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Volume;
import io.flotilla.bus.schema.VolumeCreate;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.rpc.VolumeClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Nodes whose volumes are what the cluster shows of them. */
final class FakeVolumes implements VolumeClient {
    private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");

    final List<String> calls = new CopyOnWriteArrayList<>();
    private final FakeCluster cluster;
    private final Map<String, Volume> volumes = new TreeMap<>();

    FakeVolumes(FakeCluster cluster) {
        this.cluster = cluster;
    }

    void put(String nodeId, String name, Map<String, String> labels) {
        Volume volume =
                new Volume(name, "local", "/v/" + name + "/_data", T, null, labels, "local", Map.of(), null, null);
        String id = NodeVolume.idOf(nodeId, name);
        volumes.put(id, volume);
        cluster.put(new NodeVolume(id, new ObjectVersion(0), T, T, nodeId, volume));
    }

    @Override
    public Volume create(Node node, VolumeCreate create) {
        String given = create.name() == null ? "" : create.name();
        calls.add("create " + node.id() + " " + given);
        if (!given.isEmpty() && !given.matches("[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}")) {
            throw ApiException.invalid("create " + given + ": invalid name");
        }
        String name = given.isEmpty() ? "ab".repeat(32) : given;
        if (!volumes.containsKey(NodeVolume.idOf(node.id(), name))) {
            put(node.id(), name, create.labels());
        }
        return java.util.Objects.requireNonNull(volumes.get(NodeVolume.idOf(node.id(), name)));
    }

    @Override
    public void remove(Node node, String name, boolean force) {
        calls.add("remove " + node.id() + " " + name + " " + force);
        if (name.startsWith("busy")) {
            throw new ApiException(409, "remove " + name + ": volume is in use - [c1]");
        }
        volumes.remove(NodeVolume.idOf(node.id(), name));
        cluster.remove(ObjectKind.VOLUME, NodeVolume.idOf(node.id(), name));
    }

    @Override
    public List<VolumeUsage> usage(Node node) {
        List<VolumeUsage> usage = new ArrayList<>();
        volumes.forEach((id, volume) -> {
            if (id.startsWith(node.id() + "/")) {
                usage.add(new VolumeUsage(volume.name(), 100, volume.name().startsWith("busy") ? 1 : 0));
            }
        });
        return usage;
    }

    @Override
    public void close() {}
}
