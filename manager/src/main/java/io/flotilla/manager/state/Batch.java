package io.flotilla.manager.state;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The only way the cluster changes: one Raft entry.
 *
 * @param baseIndex index of the state it was computed from; applied to any other state it is void, so that a leader that
 *     was deposed can do no harm
 * @param time of the leader's clock when it was computed
 * @param reportOffsets per partition of flotilla.reports, the offset after the last report that is in this batch: the
 *     reports and the knowledge that they were taken in commit together, hence exactly once
 */
public record Batch(long baseIndex, Instant time, List<Change> changes, Map<Integer, Long> reportOffsets) {
    public Batch {
        changes = List.copyOf(changes);
        reportOffsets = Map.copyOf(reportOffsets);
    }
}
