package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.EngineDescription;
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
import java.util.List;
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
    private static final long WHOLE = 1_000;

    private final String id;
    private @Nullable Node node;
    private boolean ready;
    private long nanoCpus;
    private long memoryBytes;
    private long reservedNanoCpus;
    private long reservedMemoryBytes;
    private final GenericStock generic = new GenericStock();
    private @Nullable List<EngineDescription.Plugin> plugins;
    private int tasks;
    private int activeTasks;
    private final Map<String, Integer> activeByService = new HashMap<>();
    private final Map<Requirements.HostPort, Integer> hostPorts = new HashMap<>();
    private final Map<Requirements.HostPort, Integer> containerPorts = new HashMap<>();
    private final Map<String, Integer> claims = new HashMap<>();
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
        Optional<NodeDescription> description = Optional.ofNullable(as).map(Node::description);
        Optional<ResourceObject> resources = description.map(NodeDescription::resources);
        nanoCpus = resources.map(ResourceObject::nanoCpus).orElse(0L);
        memoryBytes = resources.map(ResourceObject::memoryBytes).orElse(0L);
        generic.advertise(resources.map(ResourceObject::genericResources).orElse(List.of()));
        plugins = description
                .map(NodeDescription::engine)
                .map(EngineDescription::plugins)
                .orElse(null);
    }

    /** The same node with nothing of it taken but the ports of containers of no service. */
    NodeInfo withoutTasks() {
        NodeInfo empty = new NodeInfo(id);
        empty.describe(node);
        empty.hold(List.copyOf(containerPorts.keySet()));
        return empty;
    }

    /** Up, and neither paused nor drained. */
    boolean isReady() {
        return ready;
    }

    boolean isUnused() {
        return node == null && tasks == 0 && hostPorts.isEmpty();
    }

    void take(Share share) {
        Requirements needs = share.needs();
        reservedNanoCpus += needs.nanoCpus();
        reservedMemoryBytes += needs.memoryBytes();
        generic.take(share.units());
        tasks++;
        hold(needs.hostPorts());
        if (share.active()) {
            activeTasks++;
            activeByService.merge(share.serviceId(), 1, Integer::sum);
        }
        if (share.claimant() != null) {
            claims.merge(share.claimant(), 1, Integer::sum);
        }
    }

    void giveBack(Share share) {
        Requirements needs = share.needs();
        reservedNanoCpus -= needs.nanoCpus();
        reservedMemoryBytes -= needs.memoryBytes();
        generic.giveBack(share.units());
        tasks--;
        release(needs.hostPorts());
        if (share.active()) {
            activeTasks--;
            decrement(activeByService, share.serviceId());
        }
        if (share.claimant() != null) {
            decrement(claims, share.claimant());
        }
    }

    /** Tasks other tasks make room for here, with how many of these have not gone yet. */
    Map<String, Integer> claims() {
        return claims;
    }

    /** A container of no service takes ports. */
    void holdForContainer(List<Requirements.HostPort> ports) {
        hold(ports);
        ports.forEach(port -> containerPorts.merge(port, 1, Integer::sum));
    }

    void releaseOfContainer(List<Requirements.HostPort> ports) {
        release(ports);
        ports.forEach(port -> decrement(containerPorts, port));
    }

    private void hold(List<Requirements.HostPort> ports) {
        ports.forEach(port -> hostPorts.merge(port, 1, Integer::sum));
    }

    private void release(List<Requirements.HostPort> ports) {
        ports.forEach(port -> decrement(hostPorts, port));
    }

    private static <K> void decrement(Map<K, Integer> counts, K of) {
        counts.computeIfPresent(of, (key, count) -> count == 1 ? null : count - 1);
    }

    boolean hasFree(Requirements needs) {
        return needs.nanoCpus() <= freeNanoCpus()
                && needs.memoryBytes() <= freeMemoryBytes()
                && (needs.generic().isEmpty() || generic.lacking(needs.generic()) == null);
    }

    long nanoCpus() {
        return nanoCpus;
    }

    long memoryBytes() {
        return memoryBytes;
    }

    /** Negative when the node has become smaller than what is reserved on it. */
    long freeNanoCpus() {
        return nanoCpus - reservedNanoCpus;
    }

    long freeMemoryBytes() {
        return memoryBytes - reservedMemoryBytes;
    }

    GenericStock generic() {
        return generic;
    }

    /** How full it is by what is reserved: processors and memory together, 0 to 2,000. */
    long fill() {
        return share(reservedNanoCpus, nanoCpus) + share(reservedMemoryBytes, memoryBytes);
    }

    private static long share(long part, long whole) {
        return whole <= 0 ? 0 : Math.clamp((long) ((double) part / whole * WHOLE), 0, WHOLE);
    }

    boolean holdsAny(Requirements needs) {
        return needs.hostPorts().stream().anyMatch(hostPorts::containsKey);
    }

    boolean holds(Requirements.HostPort port) {
        return hostPorts.containsKey(port);
    }

    /**
     * Whether it reports all of these. As in SwarmKit a node that reports nothing of its engine passes, and one that
     * reports no log driver at all passes for those.
     */
    boolean hasPlugins(List<Requirements.Plugin> wanted) {
        List<EngineDescription.Plugin> reported = plugins;
        return reported == null || wanted.stream().allMatch(plugin -> has(reported, plugin));
    }

    private static boolean has(List<EngineDescription.Plugin> reported, Requirements.Plugin wanted) {
        boolean ofType = false;
        for (EngineDescription.Plugin plugin : reported) {
            if (wanted.type().equals(plugin.type())) {
                ofType = true;
                if (isNamed(plugin.name(), wanted.name())) {
                    return true;
                }
            }
        }
        return !ofType && wanted.type().equals("Log");
    }

    // an installed plugin is reported with its tag, and may be asked for without
    private static boolean isNamed(@Nullable String reported, String wanted) {
        return reported != null && (reported.equals(wanted) || reported.equals(wanted + ":latest"));
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
