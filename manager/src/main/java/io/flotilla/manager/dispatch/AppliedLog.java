package io.flotilla.manager.dispatch;

import io.flotilla.manager.state.Batch;
import io.flotilla.manager.state.ClusterState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The newest batches applied on this manager, leader or not: what a leader publishes from, and where its successor (or the
 * same process after a crash, which applies them again) goes on. The one queue between applying and publishing; when
 * publishing falls behind its limit the oldest go, and the publisher compares whole states instead. Thread-safe.
 */
public final class AppliedLog {
    private static final int MAX_BATCHES = 1_024;
    private static final int MAX_CHANGES = 100_000;

    /** A batch that changed objects, between the states before and after it. */
    public record Applied(ClusterState before, ClusterState after, Batch batch) {
        public long index() {
            return after.index();
        }
    }

    private final Deque<Applied> newest = new ArrayDeque<>();
    private int changes;
    private Runnable listener = () -> {};

    /** Called after each batch, on the applying thread: must only hand on. */
    public synchronized void onApplied(Runnable told) {
        listener = told;
    }

    public void add(Applied applied) {
        Runnable told;
        synchronized (this) {
            newest.addLast(applied);
            changes += applied.batch().changes().size();
            while (newest.size() > MAX_BATCHES || changes > MAX_CHANGES && newest.size() > 1) {
                changes -= newest.removeFirst().batch().changes().size();
            }
            told = listener;
        }
        told.run();
    }

    /** The state was replaced as a whole: nothing connects it to what was before. */
    public synchronized void clear() {
        newest.clear();
        changes = 0;
    }

    /**
     * The batches after an index, oldest first, until they have so many changes.
     *
     * @param changedIndex of the state as it is now
     * @return empty when the log does not reach back to the index
     */
    synchronized Optional<List<Applied>> after(long index, long changedIndex, int maxChanges) {
        if (index >= changedIndex) {
            return Optional.of(List.of());
        }
        List<Applied> found = new ArrayList<>();
        int size = 0;
        boolean connected = false;
        for (Applied applied : newest) {
            connected |= applied.before().changedIndex() <= index && index < applied.index();
            if (connected && size < maxChanges) {
                found.add(applied);
                size += applied.batch().changes().size();
            }
        }
        return connected ? Optional.of(found) : Optional.empty();
    }
}
