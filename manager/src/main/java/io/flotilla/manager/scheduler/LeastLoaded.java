package io.flotilla.manager.scheduler;

import io.flotilla.manager.scheduler.Topology.Branch;
import io.flotilla.manager.scheduler.Topology.Load;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The best nodes for a group one after the other, without a look at all of them: in the branch with the fewest tasks of the
 * service, of those the least loaded, the least loaded node that fits, has no task of the service, and where the group did not keep failing. A
 * {@link SpreadTree} takes over when a branch has no more of these. Nodes that were refused once are not asked again: what
 * is placed meanwhile only takes.
 */
final class LeastLoaded {
    /** How many nodes of the same load are asked for one that has the image: a wish, not worth a look at all. */
    private static final int MOST_ASKED_FOR_IMAGE = 32;

    private final Topology topology;
    private final Ranking ranking;
    private final Pipeline pipeline;
    private final Map<Branch, Integer> tasks = new HashMap<>();
    private final Map<Branch, Load> reached = new HashMap<>();
    private final Set<Branch> full = new HashSet<>();
    private boolean leftOut;

    /** @param withTasks nodes that have tasks of the group's service */
    LeastLoaded(Topology topology, Collection<NodeInfo> withTasks, Ranking ranking, Pipeline pipeline) {
        this.topology = topology;
        this.ranking = ranking;
        this.pipeline = pipeline;
        for (NodeInfo node : withTasks) {
            int there = node.activeTasksOf(ranking.group().serviceId());
            topology.branchesOf(node).forEach(branch -> tasks.merge(branch, there, Integer::sum));
        }
    }

    /** The node for one more task; the caller gives it the task before it asks again. Null: ask all nodes. */
    @Nullable
    NodeInfo take() {
        while (!full.contains(topology.root())) {
            Branch leaf = leastTasks();
            leftOut = false;
            NodeInfo node = best(leaf);
            if (node != null) {
                for (Branch branch = leaf; branch != null; branch = branch.parent()) {
                    tasks.merge(branch, 1, Integer::sum);
                }
                return node;
            }
            if (leftOut) {
                return null;
            }
            close(leaf);
        }
        return null;
    }

    private Branch leastTasks() {
        Branch at = topology.root();
        while (!at.isLeaf()) {
            Branch least = null;
            for (Branch child : at.children()) {
                if ((least == null || isLess(child, least)) && !full.contains(child)) {
                    least = child;
                }
            }
            if (least == null) {
                throw new IllegalStateException("a branch is open though all of its children are full");
            }
            at = least;
        }
        return at;
    }

    private boolean isLess(Branch one, Branch other) {
        int byTasks = Integer.compare(tasks.getOrDefault(one, 0), tasks.getOrDefault(other, 0));
        return byTasks < 0 || byTasks == 0 && Branch.BY_LOAD.compare(one, other) < 0;
    }

    /** No node of the leaf fits: from now on the group goes elsewhere. */
    private void close(Branch leaf) {
        Branch branch = leaf;
        while (branch != null) {
            full.add(branch);
            Branch parent = branch.parent();
            boolean others = false;
            if (parent != null) {
                for (Branch child : parent.children()) {
                    others |= !full.contains(child);
                }
            }
            branch = others ? null : parent;
        }
    }

    private @Nullable NodeInfo best(Branch leaf) {
        Map.Entry<Load, NodeInfo> first = next(leaf, reached.get(leaf));
        if (first == null) {
            return null;
        }
        NodeInfo holder = ranking.holders().isEmpty() ? null : holder(leaf, first);
        if (holder == null) {
            reached.put(leaf, first.getKey());
            return first.getValue();
        }
        // the ones before the holder are still to be had
        Load before = leaf.byLoad().lowerKey(first.getKey());
        if (before == null) {
            reached.remove(leaf);
        } else {
            reached.put(leaf, before);
        }
        return holder;
    }

    private @Nullable NodeInfo holder(Branch leaf, Map.Entry<Load, NodeInfo> first) {
        Map.Entry<Load, NodeInfo> candidate = first;
        for (int asked = 0; asked < MOST_ASKED_FOR_IMAGE && candidate != null; asked++) {
            if (candidate.getKey().activeTasks() != first.getKey().activeTasks()) {
                return null;
            }
            if (ranking.holders().contains(candidate.getValue().id())) {
                return candidate.getValue();
            }
            candidate = next(leaf, candidate.getKey());
        }
        return null;
    }

    private Map.@Nullable Entry<Load, NodeInfo> next(Branch leaf, @Nullable Load after) {
        Map.Entry<Load, NodeInfo> entry =
                after == null ? leaf.byLoad().firstEntry() : leaf.byLoad().higherEntry(after);
        while (entry != null && !isAmongTheBest(entry.getValue())) {
            entry = leaf.byLoad().higherEntry(entry.getKey());
        }
        return entry;
    }

    private boolean isAmongTheBest(NodeInfo node) {
        boolean fresh = node.activeTasksOf(ranking.group().serviceId()) == 0
                && node.recentFailures(ranking.group(), ranking.now()) < NodeInfo.MAX_FAILURES;
        leftOut |= !fresh;
        return fresh && pipeline.passes(node);
    }
}
