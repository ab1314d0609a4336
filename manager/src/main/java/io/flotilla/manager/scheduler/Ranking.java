package io.flotilla.manager.scheduler;

import java.time.Instant;
import java.util.Set;

/**
 * Which of the nodes that fit is the better one for a group's tasks: one where the group did not keep failing, then as the
 * strategy says, then one that has the image, then the lower ID so that every manager decides alike.
 *
 * @param holders nodes that have the image
 */
record Ranking(TaskGroup group, PlacementLabels.Strategy strategy, Set<String> holders, Instant now) {

    /** A node as it is now: it is ranked anew whenever a task was given to it. */
    record Candidate(NodeInfo node, int failures, long first, long second, boolean fetches)
            implements Comparable<Candidate> {
        /** The better one is less. */
        @Override
        public int compareTo(Candidate other) {
            if (failures != other.failures) {
                return Integer.compare(failures, other.failures);
            }
            if (first != other.first) {
                return Long.compare(first, other.first);
            }
            if (second != other.second) {
                return Long.compare(second, other.second);
            }
            return fetches == other.fetches ? node.id().compareTo(other.node.id()) : fetches ? 1 : -1;
        }
    }

    Candidate of(NodeInfo node) {
        int failures = node.recentFailures(group, now);
        int counted = failures < NodeInfo.MAX_FAILURES ? 0 : failures;
        boolean fetches = !holders.contains(node.id());
        return switch (strategy) {
            case SPREAD ->
                new Candidate(node, counted, node.activeTasksOf(group.serviceId()), node.activeTasks(), fetches);
            case BINPACK -> new Candidate(node, counted, -node.fill(), -node.activeTasks(), fetches);
        };
    }
}
