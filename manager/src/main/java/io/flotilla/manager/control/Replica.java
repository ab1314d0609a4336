package io.flotilla.manager.control;

import io.flotilla.manager.dispatch.AppliedLog;
import io.flotilla.manager.raft.Leadership;
import io.flotilla.manager.raft.StateMachine;
import io.flotilla.manager.state.Batch;
import io.flotilla.manager.state.BatchCodec;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.SnapshotCodec;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.function.Consumer;

/**
 * This manager's copy of the cluster, driven by the log. The log's thread swaps the image; anyone reads it. An entry that
 * can't be read ends the process: to go on without it would make this copy differ from the others.
 */
public final class Replica implements StateMachine {
    private final AppliedLog applied;
    private final Consumer<Leadership> leadership;
    private final Consumer<Throwable> fatal;
    private volatile ClusterState state = ClusterState.empty();

    /** @param leadership and fatal must only hand on: they are called on the log's threads */
    public Replica(AppliedLog applied, Consumer<Leadership> leadership, Consumer<Throwable> fatal) {
        this.applied = applied;
        this.leadership = leadership;
        this.fatal = fatal;
    }

    /** The newest image. */
    public ClusterState state() {
        return state;
    }

    @Override
    public void apply(long index, byte[] entry) {
        Batch batch;
        try {
            batch = BatchCodec.decode(entry);
        } catch (IOException e) {
            throw new UncheckedIOException("log entry " + index, e);
        }
        ClusterState before = state;
        ClusterState after = before.apply(batch, index);
        state = after;
        if (after.changedIndex() == index) {
            applied.add(new AppliedLog.Applied(before, after, batch));
        }
    }

    @Override
    public SnapshotWriter captureSnapshot() {
        ClusterState captured = state;
        return out -> SnapshotCodec.write(captured, out);
    }

    @Override
    public void readSnapshot(long index, InputStream in) throws IOException {
        state = SnapshotCodec.read(in);
        applied.clear();
    }

    @Override
    public void leaderChanged(Leadership changed) {
        leadership.accept(changed);
    }

    @Override
    public void failed(Throwable cause) {
        fatal.accept(cause);
    }
}
