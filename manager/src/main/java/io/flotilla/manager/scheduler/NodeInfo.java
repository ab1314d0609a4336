package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.ResourceObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the scheduler knows of a node: what it has, and what its tasks take of it from their assignment until they are over,
 * those on their way out included. Only those that are to stay count when tasks are spread.
 */
final class NodeInfo {
    /** SwarmKit's: after five failures of a group in five minutes the node is the last to be tried for it. */
    static final int MAX_FAILURES = 5;

    private static final Duration FAILURE_WINDOW = Duration.ofMinutes(5);

    private final String id;
    private @Nullable Node node;
    private boolean ready;
    private long freeNanoCpus;
    private long freeMemoryBytes;
    private long reservedNanoCpus;
    private long reservedMemoryBytes;
    private int tasks;
    private int activeTasks;
    private final Map<String, Integer> activeByService = new HashMap<>();
    private final Map<Requirements.HostPort, Integer> hostPorts = new HashMap<>();
    private final Map<TaskGroup, Deque<Instant>> failures = new HashMap<>();

    NodeInfo(String id) {
        this.id = id;
    }

    String id() {
        return id;
    }

    /** Null: the node is gone, though tasks of it may be remembered. */
    @Nullable
    Node node() {
        return node;
    }

    void describe(@Nullable Node as) {
        node = as;
        ready = as != null
                && as.status() != null
                && as.status().state() == NodeState.READY
                && (as.spec().availability() == null || as.spec().availability() == NodeSpec.Availability.ACTIVE);
        Optional<ResourceObject> resources =
                Optional.ofNullable(as).map(Node::description).map(NodeDescription::resources);
        freeNanoCpus = resources.map(ResourceObject::nanoCpus).orElse(0L) - reservedNanoCpus;
        freeMemoryBytes = resources.map(ResourceObject::memoryBytes).orElse(0L) - reservedMemoryBytes;
    }

    /** Up, and neither paused nor drained. */
    boolean isReady() {
        return ready;
    }

    boolean isUnused() {
        return node == null && tasks == 0;
    }

    void take(String serviceId, Requirements needs, boolean active) {
        account(needs, 1);
        tasks++;
        needs.hostPorts().forEach(port -> hostPorts.merge(port, 1, Integer::sum));
        if (active) {
            activeTasks++;
            activeByService.merge(serviceId, 1, Integer::sum);
        }
    }

    void giveBack(String serviceId, Requirements needs, boolean active) {
        account(needs, -1);
        tasks--;
        needs.hostPorts().forEach(port -> hostPorts.computeIfPresent(port, (p, held) -> held == 1 ? null : held - 1));
        if (active) {
            activeTasks--;
            activeByService.computeIfPresent(serviceId, (s, count) -> count == 1 ? null : count - 1);
        }
    }

    private void account(Requirements needs, int sign) {
        reservedNanoCpus += sign * needs.nanoCpus();
        reservedMemoryBytes += sign * needs.memoryBytes();
        freeNanoCpus -= sign * needs.nanoCpus();
        freeMemoryBytes -= sign * needs.memoryBytes();
    }

    boolean hasFree(Requirements needs) {
        return needs.nanoCpus() <= freeNanoCpus && needs.memoryBytes() <= freeMemoryBytes;
    }

    boolean holdsAny(Requirements needs) {
        return needs.hostPorts().stream().anyMatch(hostPorts::containsKey);
    }

    int activeTasks() {
        return activeTasks;
    }

    int activeTasksOf(String serviceId) {
        return activeByService.getOrDefault(serviceId, 0);
    }

    void failed(TaskGroup group, Instant at) {
        Deque<Instant> recent = failures.computeIfAbsent(group, g -> new ArrayDeque<>(MAX_FAILURES));
        if (recent.size() == MAX_FAILURES) {
            recent.removeFirst();
        }
        recent.addLast(at);
    }

    /** At most {@link #MAX_FAILURES}. */
    int recentFailures(TaskGroup group, Instant now) {
        Deque<Instant> recent = failures.isEmpty() ? null : failures.get(group);
        if (recent == null) {
            return 0;
        }
        Instant since = now.minus(FAILURE_WINDOW);
        while (!recent.isEmpty() && recent.getFirst().isBefore(since)) {
            recent.removeFirst();
        }
        if (recent.isEmpty()) {
            failures.remove(group);
        }
        return recent.size();
    }
}
