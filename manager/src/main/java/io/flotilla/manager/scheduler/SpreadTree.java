package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Node;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The nodes for a group of tasks, branched by the values of its placement preferences. The next task goes down the
 * branches with the fewest tasks of the service, and there to the best node: one where the group did not keep failing, then
 * with the fewest tasks of the service, then with the fewest tasks at all.
 */
final class SpreadTree {
    private static final String NODE_LABEL = "node.labels.";
    private static final String ENGINE_LABEL = "engine.labels.";

    private record Candidate(NodeInfo node, int failures, int ofService, int all) {}

    private static final Comparator<Candidate> BEST_FIRST = Comparator.comparingInt(Candidate::failures)
            .thenComparingInt(Candidate::ofService)
            .thenComparingInt(Candidate::all)
            .thenComparing(candidate -> candidate.node().id());

    private static final class Branch {
        private final TreeMap<String, Branch> children = new TreeMap<>();
        private final PriorityQueue<Candidate> candidates = new PriorityQueue<>(BEST_FIRST);
        private long tasks;

        @Nullable
        NodeInfo take() {
            Candidate best = candidates.poll();
            if (best != null) {
                return best.node();
            }
            while (!children.isEmpty()) {
                Map.Entry<String, Branch> least =
                        Collections.min(children.entrySet(), Comparator.comparingLong(child -> child.getValue().tasks));
                NodeInfo node = least.getValue().take();
                if (node != null) {
                    return node;
                }
                children.remove(least.getKey());
            }
            return null;
        }
    }

    private final TaskGroup group;
    private final List<String> spreadBy;
    private final Instant now;
    private final Branch root = new Branch();

    SpreadTree(TaskGroup group, List<String> spreadBy, Instant now) {
        this.group = group;
        this.spreadBy = spreadBy.stream()
                .filter(label -> isPrefixed(label, NODE_LABEL) || isPrefixed(label, ENGINE_LABEL))
                .toList();
        this.now = now;
    }

    /** Counts a node's tasks for its branches, whether it can take another one or not. */
    void count(NodeInfo node) {
        if (!spreadBy.isEmpty()) {
            int tasks = node.activeTasksOf(group.serviceId());
            path(node).forEach(branch -> branch.tasks += tasks);
        }
    }

    /** Lets a node be taken for one task. */
    void offer(NodeInfo node) {
        int failures = node.recentFailures(group, now);
        path(node)
                .getLast()
                .candidates
                .add(new Candidate(
                        node,
                        failures < NodeInfo.MAX_FAILURES ? 0 : failures,
                        node.activeTasksOf(group.serviceId()),
                        node.activeTasks()));
    }

    /** The best node for one more task, counted for its branches and offered no more; null when there is none. */
    @Nullable
    NodeInfo take() {
        NodeInfo node = root.take();
        if (node != null && !spreadBy.isEmpty()) {
            path(node).forEach(branch -> branch.tasks++);
        }
        return node;
    }

    private List<Branch> path(NodeInfo node) {
        if (spreadBy.isEmpty()) {
            return List.of(root);
        }
        List<Branch> path = new ArrayList<>(spreadBy.size() + 1);
        path.add(root);
        for (String label : spreadBy) {
            path.add(path.getLast().children.computeIfAbsent(valueOf(label, node.node()), value -> new Branch()));
        }
        return path;
    }

    // nodes without the label are one more branch, as in SwarmKit
    private static String valueOf(String label, @Nullable Node node) {
        if (node == null) {
            return "";
        }
        return isPrefixed(label, NODE_LABEL)
                ? node.spec().labels().getOrDefault(label.substring(NODE_LABEL.length()), "")
                : Constraint.engineLabels(node).getOrDefault(label.substring(ENGINE_LABEL.length()), "");
    }

    private static boolean isPrefixed(String label, String prefix) {
        return label.length() > prefix.length()
                && label.toLowerCase(Locale.ROOT).startsWith(prefix);
    }
}
