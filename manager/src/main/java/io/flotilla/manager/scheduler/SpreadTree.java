package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Node;
import io.flotilla.manager.scheduler.Ranking.Candidate;
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
 * branches with the fewest tasks of the service, and there to the best node by the group's {@link Ranking}. Of branches with
 * as many tasks of it the least loaded is taken where that is the strategy, or services of one task would all go to the
 * first; where nodes are to be filled, the first.
 */
final class SpreadTree {
    private static final String NODE_LABEL = "node.labels.";
    private static final String ENGINE_LABEL = "engine.labels.";

    private final class Branch {
        /** Null: none of its nodes comes into question. */
        private final Topology.@Nullable Branch place;

        private final TreeMap<String, Branch> children = new TreeMap<>();
        /** The best nodes while they are gathered, the worst of them first: there are no more tasks than that. */
        private final PriorityQueue<Candidate> gathered = new PriorityQueue<>(Collections.reverseOrder());

        private final PriorityQueue<Candidate> bestFirst = new PriorityQueue<>();
        private boolean taking;
        private long tasks;

        Branch(Topology.@Nullable Branch place) {
            this.place = place;
        }

        Branch child(String value) {
            return children.computeIfAbsent(value, of -> new Branch(place == null ? null : place.child(of)));
        }

        void offer(Candidate candidate) {
            if (taking) {
                bestFirst.add(candidate);
                return;
            }
            Candidate worst = gathered.size() < mostTasks ? null : gathered.peek();
            if (worst == null || candidate.compareTo(worst) < 0) {
                if (worst != null) {
                    gathered.remove();
                }
                gathered.add(candidate);
            }
        }

        @Nullable
        NodeInfo take() {
            if (!taking) {
                taking = true;
                bestFirst.addAll(gathered);
            }
            Candidate best = bestFirst.poll();
            if (best != null) {
                return best.node();
            }
            while (!children.isEmpty()) {
                Map.Entry<String, Branch> least =
                        Collections.min(children.entrySet(), Map.Entry.comparingByValue(order));
                NodeInfo node = least.getValue().take();
                if (node != null) {
                    return node;
                }
                children.remove(least.getKey());
            }
            return null;
        }
    }

    private final Ranking ranking;
    private final int mostTasks;
    private final List<String> spreadBy;
    private final Comparator<Branch> order;
    private final Branch root;

    /**
     * @param mostTasks how many will be taken at most
     * @param topology of the group, which changes with each task that is placed
     */
    SpreadTree(Ranking ranking, int mostTasks, Topology topology) {
        this.ranking = ranking;
        this.mostTasks = mostTasks;
        this.spreadBy = topology.spreadBy();
        this.root = new Branch(topology.root());
        Comparator<Branch> byTasks = Comparator.comparingLong(branch -> branch.tasks);
        this.order = ranking.strategy() == PlacementLabels.Strategy.SPREAD
                ? byTasks.thenComparing(branch -> branch.place, Comparator.nullsLast(Topology.Branch.BY_LOAD))
                : byTasks;
    }

    /** The descriptors that name a label of a node or its engine; others branch nothing. */
    static List<String> known(List<String> descriptors) {
        return descriptors.stream()
                .filter(label -> isPrefixed(label, NODE_LABEL) || isPrefixed(label, ENGINE_LABEL))
                .toList();
    }

    /** Takes note of a node: its tasks count for its branches whether it can take another one or not. */
    void add(NodeInfo node, boolean fits) {
        if (spreadBy.isEmpty()) {
            if (fits) {
                root.offer(ranking.of(node));
            }
            return;
        }
        List<Branch> path = path(node);
        int tasks = node.activeTasksOf(ranking.group().serviceId());
        path.forEach(branch -> branch.tasks += tasks);
        if (fits) {
            path.getLast().offer(ranking.of(node));
        }
    }

    /** Lets a node be taken for one more task. */
    void offer(NodeInfo node) {
        Branch leaf = spreadBy.isEmpty() ? root : path(node).getLast();
        leaf.offer(ranking.of(node));
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

    /** The node that was taken last gets no task after all. */
    void refused(NodeInfo node) {
        if (!spreadBy.isEmpty()) {
            path(node).forEach(branch -> branch.tasks--);
        }
    }

    private List<Branch> path(NodeInfo node) {
        List<Branch> path = new ArrayList<>(spreadBy.size() + 1);
        path.add(root);
        for (String label : spreadBy) {
            path.add(path.getLast().child(valueOf(label, node.node())));
        }
        return path;
    }

    // nodes without the label are one more branch, as in SwarmKit
    static String valueOf(String label, @Nullable Node node) {
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
