package io.flotilla.manager.scheduler;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that take tasks and meet some constraints, in a tree by the values of placement preferences, those of a leaf in
 * the order of their load. Kept from one placement to the next, so that none has to look at all nodes.
 */
final class Topology {
    /** What groups of tasks that can share a topology have in common. */
    record Shape(List<String> spreadBy, List<Constraint> constraints) {}

    /** A node's place in the order of load. */
    record Load(int activeTasks, String nodeId) implements Comparable<Load> {
        static Load of(NodeInfo node) {
            return new Load(node.activeTasks(), node.id());
        }

        @Override
        public int compareTo(Load other) {
            return activeTasks != other.activeTasks
                    ? Integer.compare(activeTasks, other.activeTasks)
                    : nodeId.compareTo(other.nodeId);
        }
    }

    /** Has either children or nodes. */
    static final class Branch {
        /** Of two with as many tasks of a service: the one whose nodes have fewer tasks on average. */
        static final Comparator<Branch> BY_LOAD =
                (one, other) -> Long.compare(one.activeTasks * other.nodes, other.activeTasks * one.nodes);

        private final @Nullable Branch parent;
        private final String value;
        private final TreeMap<String, Branch> children = new TreeMap<>();
        private final NavigableMap<Load, NodeInfo> byLoad = new TreeMap<>();
        /** With those of the branches below, as the next. */
        private long nodes;

        private long activeTasks;

        private Branch(@Nullable Branch parent, String value) {
            this.parent = parent;
            this.value = value;
        }

        @Nullable
        Branch parent() {
            return parent;
        }

        @Nullable
        Branch child(String of) {
            return children.get(of);
        }

        private void count(int moreNodes, int moreTasks) {
            for (Branch branch = this; branch != null; branch = branch.parent) {
                branch.nodes += moreNodes;
                branch.activeTasks += moreTasks;
            }
        }

        Iterable<Branch> children() {
            return children.values();
        }

        boolean isLeaf() {
            return children.isEmpty();
        }

        /** The least loaded node first. */
        NavigableMap<Load, NodeInfo> byLoad() {
            return byLoad;
        }
    }

    private final Shape shape;
    private final Branch root = new Branch(null, "");
    private final Map<String, Branch> leaves = new HashMap<>();

    Topology(Shape shape) {
        this.shape = shape;
    }

    Branch root() {
        return root;
    }

    /** The labels whose values branch it, the outermost first. */
    List<String> spreadBy() {
        return shape.spreadBy();
    }

    /** The branches a node's labels lead to, whether it is in the tree or not. */
    List<Branch> branchesOf(NodeInfo node) {
        List<Branch> path = new ArrayList<>(shape.spreadBy().size() + 1);
        Branch branch = root;
        for (int depth = 0; branch != null; depth++) {
            path.add(branch);
            branch = depth == shape.spreadBy().size()
                    ? null
                    : branch.children.get(SpreadTree.valueOf(shape.spreadBy().get(depth), node.node()));
        }
        return path;
    }

    void add(NodeInfo node) {
        if (!node.isReady() || node.node() == null || !Constraint.allMatch(shape.constraints(), node.node())) {
            return;
        }
        Branch leaf = root;
        for (String label : shape.spreadBy()) {
            Branch parent = leaf;
            leaf = parent.children.computeIfAbsent(
                    SpreadTree.valueOf(label, node.node()), value -> new Branch(parent, value));
        }
        leaf.byLoad.put(Load.of(node), node);
        leaf.count(1, node.activeTasks());
        leaves.put(node.id(), leaf);
    }

    void remove(NodeInfo node) {
        Branch leaf = leaves.remove(node.id());
        if (leaf == null) {
            return;
        }
        leaf.byLoad.remove(Load.of(node));
        leaf.count(-1, -node.activeTasks());
        Branch empty = leaf;
        while (empty.parent != null && empty.byLoad.isEmpty() && empty.children.isEmpty()) {
            empty.parent.children.remove(empty.value);
            empty = empty.parent;
        }
    }

    /** The node has other tasks than before. */
    void moved(NodeInfo node, Load before) {
        Branch leaf = leaves.get(node.id());
        if (leaf != null) {
            leaf.byLoad.remove(before);
            leaf.byLoad.put(Load.of(node), node);
            leaf.count(0, node.activeTasks() - before.activeTasks());
        }
    }
}
