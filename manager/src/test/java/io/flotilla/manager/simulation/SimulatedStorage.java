package io.flotilla.manager.simulation;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.Topology;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is behind the CSI plugin of all hosts: volumes, the hosts they are attached to, and where they are mounted. Attaching
 * and mounting come in the order CSI asks for, or a volume would be lost.
 */
final class SimulatedStorage {
    static final String DRIVER = "csi.example.org";

    private final Invariants invariants;
    private final Map<String, Set<String>> attached = new TreeMap<>();
    private final Map<String, Set<String>> mounted = new HashMap<>();

    SimulatedStorage(Invariants invariants) {
        this.invariants = invariants;
    }

    /** What the plugin calls a host. */
    static String csiNodeId(String agentId) {
        return "csi-" + agentId;
    }

    /** The hosts each volume that was made is attached to, as the plugin calls them. */
    Map<String, Set<String>> attached() {
        return attached;
    }

    Set<String> mountedOn(String volumeId) {
        return mounted.getOrDefault(volumeId, Set.of());
    }

    boolean isMounted(String volumeId, String agentId) {
        return mountedOn(volumeId).contains(agentId);
    }

    Set<String> mountedBy(String agentId) {
        Set<String> volumes = new TreeSet<>();
        mounted.forEach((volume, on) -> {
            if (on.contains(agentId)) {
                volumes.add(volume);
            }
        });
        return volumes;
    }

    // ---- Controller

    /** @return of a volume that was made */
    ClusterVolume.@Nullable Info controlled(Assignment.ControlVolume call) {
        String node = String.valueOf(call.csiNodeId());
        return switch (call.kind()) {
            case CREATE -> {
                attached.putIfAbsent(call.name(), new TreeSet<>());
                invariants.tally.saw("volumes made");
                yield new ClusterVolume.Info(1L, Map.of(), call.name(), topology(call.spec()));
            }
            case PUBLISH -> {
                Set<String> nodes = there(call);
                nodes.add(node);
                if (nodes.size() > 1 && !isForManyNodes(call.spec().accessMode())) {
                    invariants.fail("volume " + call.name() + " is attached to " + nodes, null);
                }
                invariants.tally.saw("volumes published");
                yield null;
            }
            case UNPUBLISH -> {
                there(call).remove(node);
                if (mountedOn(call.name()).stream()
                        .anyMatch(agent -> csiNodeId(agent).equals(node))) {
                    invariants.fail(
                            "volume " + call.name() + " is taken from " + node + ", which has it mounted", null);
                }
                invariants.tally.saw("volumes unpublished");
                yield null;
            }
            case DELETE -> {
                Set<String> nodes = attached.remove(call.name());
                if (nodes != null && !nodes.isEmpty()) {
                    invariants.fail("volume " + call.name() + " is deleted while attached to " + nodes, null);
                }
                invariants.tally.saw("volumes deleted");
                yield null;
            }
        };
    }

    private Set<String> there(Assignment.ControlVolume call) {
        Set<String> nodes = attached.get(call.name());
        if (nodes == null) {
            invariants.fail("there is no volume " + call.name() + " to " + call.kind(), null);
            return new TreeSet<>();
        }
        return nodes;
    }

    private static List<Topology> topology(ClusterVolumeSpec spec) {
        ClusterVolumeSpec.TopologyRequirement required = spec.accessibilityRequirements();
        return required == null ? List.of() : required.requisite();
    }

    static boolean isForManyNodes(ClusterVolumeSpec.@Nullable AccessMode mode) {
        return mode != null && mode.scope() == ClusterVolumeSpec.Scope.MULTI;
    }

    // ---- Node

    void mount(String volumeId, String agentId) {
        if (!attached.getOrDefault(volumeId, Set.of()).contains(csiNodeId(agentId))) {
            invariants.fail("volume " + volumeId + " is mounted on " + agentId + ", to which it is not attached", null);
        }
        mounted.computeIfAbsent(volumeId, id -> new TreeSet<>()).add(agentId);
    }

    void unmount(String volumeId, String agentId) {
        mounted.getOrDefault(volumeId, new TreeSet<>()).remove(agentId);
    }

    /** The host lost power. */
    void unmountAll(String agentId) {
        mounted.values().forEach(on -> on.remove(agentId));
    }
}
