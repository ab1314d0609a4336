package io.flotilla.manager.dispatch;

import io.flotilla.bus.assignment.Assignment.HoldValue;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.bus.seal.SealedToNode;
import io.flotilla.bus.seal.UnsealException;
import io.flotilla.manager.dispatch.Assignments.Key;
import io.flotilla.manager.seal.NodeSealing;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which secrets and configs each node has to have: those of its tasks that have not ended and are to run. Once for all tasks
 * of a node, and in a form only that node can open.
 */
final class NodeValues {
    private final NodeSealing sealing;

    NodeValues(NodeSealing sealing) {
        this.sealing = sealing;
    }

    /** The place of a task's values, in the order it names them. */
    static Set<Key> of(ClusterState state, Task task) {
        if (task.nodeId() == null
                || task.serviceId() == null
                || task.state().compareTo(TaskState.ASSIGNED) < 0
                || task.state().compareTo(TaskState.RUNNING) > 0
                || task.desiredState().compareTo(TaskState.COMPLETE) > 0) {
            return Set.of();
        }
        ContainerSpec spec = state.revision(task.serviceId(), Objects.requireNonNullElse(task.specVersion(), 0L))
                .map(SpecRevision::spec)
                .map(template -> template.containerSpec())
                .orElse(null);
        if (spec == null || spec.secrets().isEmpty() && spec.configs().isEmpty()) {
            return Set.of();
        }
        Set<Key> keys = new LinkedHashSet<>();
        spec.secrets()
                .forEach(reference -> keys.add(Key.value(
                        task.nodeId(), ObjectKind.SECRET, Objects.requireNonNullElse(reference.secretId(), ""))));
        spec.configs()
                .forEach(reference -> keys.add(Key.value(
                        task.nodeId(), ObjectKind.CONFIG, Objects.requireNonNullElse(reference.configId(), ""))));
        return keys;
    }

    /** What changed, to be told before the tasks' own assignments, and what is taken back. */
    Map<Key, @Nullable HoldValue> changed(ClusterState before, ClusterState after, List<Change> changes) {
        Set<Key> touched = new LinkedHashSet<>();
        Set<String> otherKey = new LinkedHashSet<>();
        for (Change change : changes) {
            if (change instanceof Change.Disown) {
                continue;
            }
            if (change.kind() == ObjectKind.TASK) {
                before.task(change.id()).ifPresent(task -> touched.addAll(of(before, task)));
                after.task(change.id()).ifPresent(task -> touched.addAll(of(after, task)));
            } else if (change.kind() == ObjectKind.NODE
                    && !Objects.equals(sealKey(before, change.id()), sealKey(after, change.id()))) {
                otherKey.add(change.id());
                after.tasksOnNode(change.id()).forEach(task -> touched.addAll(of(after, task)));
            }
        }
        Map<Key, @Nullable HoldValue> changed = new java.util.LinkedHashMap<>();
        for (Key key : touched) {
            boolean was = isNeeded(before, key);
            if (isNeeded(after, key)) {
                if (!was || otherKey.contains(key.nodeId())) {
                    changed.put(key, value(after, key));
                }
            } else if (was) {
                changed.put(key, null);
            }
        }
        return changed;
    }

    private static boolean isNeeded(ClusterState state, Key key) {
        return state.tasksOnNode(key.nodeId()).stream()
                .anyMatch(task -> of(state, task).contains(key));
    }

    HoldValue value(ClusterState state, Key key) {
        ObjectKind kind = key.kind().equals(ObjectKind.SECRET.jsonName()) ? ObjectKind.SECRET : ObjectKind.CONFIG;
        if (!(state.find(kind, key.id()) instanceof StoredValue value) || value.value() == null) {
            return new HoldValue(key.id(), kind, key.id(), false, null, key.kind() + " not found: " + key.id());
        }
        boolean templated = value.templating() != null;
        String context = StoredValue.context(kind, value.name());
        String about = key.kind() + " " + value.name() + " can't be given to the node: ";
        String to = sealKey(state, key.nodeId());
        if (to == null) {
            return new HoldValue(
                    key.id(), kind, value.name(), templated, null, about + "its agent has told no key to seal it to");
        }
        try {
            SealedToNode sealed = sealing.to(to, context, value.value());
            return new HoldValue(key.id(), kind, value.name(), templated, sealed, null);
        } catch (UnsealException e) {
            return new HoldValue(key.id(), kind, value.name(), templated, null, about + e.getMessage());
        }
    }

    /** What a task pulls its image with; null for nothing, and when the node could not open it. */
    @Nullable
    SealedToNode registryAuth(ClusterState state, String nodeId, Confidential.@Nullable Sealed auth) {
        String to = sealKey(state, nodeId);
        if (auth == null || to == null) {
            return null;
        }
        try {
            return sealing.to(to, SpecRevision.REGISTRY_AUTH, auth);
        } catch (UnsealException e) {
            // the registry then says what it thinks of a pull without
            return null;
        }
    }

    static @Nullable String sealKey(ClusterState state, String nodeId) {
        return Optional.of(nodeId).flatMap(state::node).map(Node::sealKey).orElse(null);
    }
}
