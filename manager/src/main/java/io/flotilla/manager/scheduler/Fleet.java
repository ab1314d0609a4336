package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.ClusterState;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All nodes with what their tasks, and containers of no service, take of them. Derived from the state, one changed object after the other. */
final class Fleet {
    private static final int MOST_TOPOLOGIES = 16;

    private record HeldPorts(String nodeId, List<Requirements.HostPort> ports) {}

    private final Map<String, NodeInfo> nodes = new TreeMap<>();
    private final Map<String, Set<NodeInfo>> nodesByService = new HashMap<>();
    /** The one that was not used for longest goes when there are too many. */
    private final LinkedHashMap<Topology.Shape, Topology> topologies = new LinkedHashMap<>(16, 0.75f, true);

    private final Map<String, Share> shares = new HashMap<>();
    /** Tasks that make room, by the task they make it for. */
    private final Map<String, Set<String>> leavingFor = new HashMap<>();

    private final Map<String, HeldPorts> containerPorts = new HashMap<>();
    private final Set<String> failed = new HashSet<>();
    private final Map<TaskGroup, Requirements> needs = new HashMap<>();

    /** In the order of their IDs; of some there may be no node any more. */
    Collection<NodeInfo> nodes() {
        return nodes.values();
    }

    /** Nodes with tasks of a service that are to stay. */
    Set<NodeInfo> nodesOf(String serviceId) {
        return nodesByService.getOrDefault(serviceId, Set.of());
    }

    /** The nodes that come into question; changes as tasks and nodes come and go. */
    Topology topology(Requirements needs) {
        Topology.Shape shape = new Topology.Shape(needs.spreadBy(), needs.constraints());
        Topology known = topologies.get(shape);
        if (known != null) {
            return known;
        }
        Topology made = new Topology(shape);
        nodes.values().forEach(made::add);
        topologies.put(shape, made);
        if (topologies.size() > MOST_TOPOLOGIES) {
            topologies.pollFirstEntry();
        }
        return made;
    }

    NodeInfo node(String id) {
        NodeInfo known = nodes.get(id);
        if (known != null) {
            return known;
        }
        NodeInfo info = new NodeInfo(id);
        nodes.put(id, info);
        topologies.values().forEach(topology -> topology.add(info));
        return info;
    }

    private void forgetIfUnused(NodeInfo info) {
        if (info.isUnused()) {
            nodes.remove(info.id());
            topologies.values().forEach(topology -> topology.remove(info));
        }
    }

    private void account(NodeInfo info, String serviceId, Consumer<NodeInfo> change) {
        Topology.Load before = Topology.Load.of(info);
        change.accept(info);
        if (info.activeTasks() == before.activeTasks()) {
            return;
        }
        topologies.values().forEach(topology -> topology.moved(info, before));
        if (info.activeTasksOf(serviceId) > 0) {
            nodesByService.computeIfAbsent(serviceId, id -> new HashSet<>(2)).add(info);
        } else {
            nodesByService.computeIfPresent(serviceId, (id, of) -> {
                of.remove(info);
                return of.isEmpty() ? null : of;
            });
        }
    }

    void nodeChanged(String id, @Nullable Node node) {
        NodeInfo info = node(id);
        topologies.values().forEach(topology -> topology.remove(info));
        info.describe(node);
        topologies.values().forEach(topology -> topology.add(info));
        forgetIfUnused(info);
    }

    /**
     * Takes note of a task as it is now.
     *
     * @param task null when it was removed
     * @return whether a node has more to give than before
     */
    boolean taskChanged(ClusterState state, String id, @Nullable Task task) {
        Share before = shares.get(id);
        Share after = task == null ? null : share(state, task);
        if (task == null) {
            failed.remove(id);
        } else {
            noteFailure(task);
        }
        if (Objects.equals(before, after)) {
            return false;
        }
        noteLeaving(id, before, after);
        if (before != null) {
            account(node(before.nodeId()), before.serviceId(), node -> node.giveBack(before));
            shares.remove(id);
        }
        if (after != null) {
            account(node(after.nodeId()), after.serviceId(), node -> node.take(after));
            shares.put(id, after);
        } else if (before != null) {
            forgetIfUnused(node(before.nodeId()));
        }
        return before != null;
    }

    /** What a task takes of its node; null when it takes nothing. */
    @Nullable
    Share shareOf(String taskId) {
        return shares.get(taskId);
    }

    /** Whether tasks leave a node that is there to make room for this one. */
    boolean isClaimant(String taskId) {
        return leavingFor.getOrDefault(taskId, Set.of()).stream().anyMatch(this::isOnReadyNode);
    }

    /** How many tasks leave nodes that are there to make room for others. */
    int leaving() {
        return (int) leavingFor.values().stream()
                .flatMap(Set::stream)
                .filter(this::isOnReadyNode)
                .count();
    }

    private boolean isOnReadyNode(String taskId) {
        Share share = shares.get(taskId);
        return share != null && node(share.nodeId()).isReady();
    }

    private void noteLeaving(String taskId, @Nullable Share before, @Nullable Share after) {
        if (before != null && before.claimant() != null) {
            leavingFor.computeIfPresent(before.claimant(), (claimant, tasks) -> {
                tasks.remove(taskId);
                return tasks.isEmpty() ? null : tasks;
            });
        }
        if (after != null && after.claimant() != null) {
            leavingFor
                    .computeIfAbsent(after.claimant(), claimant -> new HashSet<>())
                    .add(taskId);
        }
    }

    private @Nullable Share share(ClusterState state, Task task) {
        boolean onNode = task.nodeId() != null
                && task.state().compareTo(TaskState.ASSIGNED) >= 0
                && task.state().compareTo(TaskState.RUNNING) <= 0;
        if (!onNode) {
            return null;
        }
        boolean active = task.desiredState().compareTo(TaskState.COMPLETE) <= 0;
        String serviceId = Objects.requireNonNullElse(task.serviceId(), "");
        return new Share(
                Objects.requireNonNull(task.nodeId()),
                serviceId,
                needs(state, TaskGroup.of(task)),
                task.assignedGenericResources(),
                active,
                task.labels().get(PlacementLabels.PREEMPTED_BY));
    }

    /**
     * Takes note of a container of no service as it is now: while it runs it holds its ports.
     *
     * @param container null when it was removed
     * @return whether a port is free that was not
     */
    boolean containerChanged(String id, @Nullable Container container) {
        HeldPorts before = containerPorts.get(id);
        HeldPorts after = container == null ? null : heldPorts(container);
        if (Objects.equals(before, after)) {
            return false;
        }
        if (before != null) {
            node(before.nodeId()).releaseOfContainer(before.ports());
            containerPorts.remove(id);
        }
        if (after != null) {
            node(after.nodeId()).holdForContainer(after.ports());
            containerPorts.put(id, after);
        } else if (before != null) {
            forgetIfUnused(node(before.nodeId()));
        }
        return before != null;
    }

    private static @Nullable HeldPorts heldPorts(Container container) {
        ContainerState seen = container.inspect().state();
        if (container.request() == null || seen == null || !Boolean.TRUE.equals(seen.running())) {
            return null;
        }
        List<Requirements.HostPort> ports = ContainerNeeds.hostPorts(container.request());
        return ports.isEmpty() ? null : new HeldPorts(container.nodeId(), ports);
    }

    /** What a group's tasks need; its revision never changes, so that this is worked out once. */
    Requirements needs(ClusterState state, TaskGroup group) {
        Requirements known = needs.get(group);
        if (known != null) {
            return known;
        }
        return state.revision(group.serviceId(), group.specVersion())
                .map(revision -> {
                    Requirements of = Requirements.of(state, revision);
                    needs.put(group, of);
                    return of;
                })
                .orElse(Requirements.NONE);
    }

    void revisionsChanged(ClusterState state) {
        needs.keySet().removeIf(group -> state.revision(group.serviceId(), group.specVersion())
                .isEmpty());
    }

    private void noteFailure(Task task) {
        boolean isFailure = task.state() == TaskState.FAILED || task.state() == TaskState.REJECTED;
        if (isFailure && task.nodeId() != null && failed.add(task.id())) {
            Instant at = Objects.requireNonNullElse(task.status().timestamp(), task.updatedAt());
            node(task.nodeId()).failed(TaskGroup.of(task), at);
        }
    }
}
