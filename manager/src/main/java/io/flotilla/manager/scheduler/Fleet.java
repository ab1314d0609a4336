package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.ClusterState;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All nodes with what their tasks, and containers of no service, take of them. Derived from the state, one changed object after the other. */
final class Fleet {
    private record Share(
            String nodeId, String serviceId, Requirements needs, List<GenericResource> units, boolean active) {}

    private record HeldPorts(String nodeId, List<Requirements.HostPort> ports) {}

    private final Map<String, NodeInfo> nodes = new TreeMap<>();
    private final Map<String, Share> shares = new HashMap<>();
    private final Map<String, HeldPorts> containerPorts = new HashMap<>();
    private final Set<String> failed = new HashSet<>();
    private final Map<TaskGroup, Requirements> needs = new HashMap<>();

    void clear() {
        nodes.clear();
        shares.clear();
        containerPorts.clear();
        failed.clear();
        needs.clear();
    }

    /** In the order of their IDs; of some there may be no node any more. */
    Collection<NodeInfo> nodes() {
        return nodes.values();
    }

    NodeInfo node(String id) {
        return nodes.computeIfAbsent(id, NodeInfo::new);
    }

    void nodeChanged(String id, @Nullable Node node) {
        NodeInfo info = node(id);
        info.describe(node);
        if (info.isUnused()) {
            nodes.remove(id);
        }
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
        if (before != null) {
            node(before.nodeId()).giveBack(before.serviceId(), before.needs(), before.units(), before.active());
            shares.remove(id);
        }
        if (after != null) {
            node(after.nodeId()).take(after.serviceId(), after.needs(), after.units(), after.active());
            shares.put(id, after);
        } else if (before != null && node(before.nodeId()).isUnused()) {
            nodes.remove(before.nodeId());
        }
        return before != null;
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
                active);
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
            node(before.nodeId()).release(before.ports());
            containerPorts.remove(id);
        }
        if (after != null) {
            node(after.nodeId()).hold(after.ports());
            containerPorts.put(id, after);
        } else if (before != null && node(before.nodeId()).isUnused()) {
            nodes.remove(before.nodeId());
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
