package io.flotilla.manager.scheduler;

import java.util.Comparator;
import java.util.List;

/**
 * Tasks of one node that would have to go so that another one fits.
 *
 * @param priorities of the tasks' services, highest first
 */
public record Eviction(String nodeId, List<String> taskIds, List<Integer> priorities) {
    /** The better one is less: fewer tasks, then lower ones, then the lower node ID. */
    static final Comparator<Eviction> FEWEST_AND_LOWEST = Comparator.comparingInt(
                    (Eviction eviction) -> eviction.taskIds().size())
            .thenComparing(eviction -> eviction.priorities().getFirst())
            .thenComparing(eviction ->
                    eviction.priorities().stream().mapToLong(each -> each).sum())
            .thenComparing(Eviction::nodeId);
}
