package io.flotilla.manager.raft;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * What the log drives on one member.
 *
 * <p>{@link #apply}, {@link #captureSnapshot} and {@link #readSnapshot} are called serially and see one another's effects.
 * {@link #leaderChanged} is called serially too, but on a thread of its own in a real log: an implementation hands it on to
 * its event queue. All are expected to return soon; the log waits for them. What they throw is fatal: the member stops and
 * says so by {@link #failed}.
 */
public interface StateMachine {

    /**
     * A committed entry, in order, once each. Indexes rise but have holes: the log has entries of its own.
     *
     * @param entry owned by the callee
     */
    void apply(long index, byte[] entry);

    /** The state after the last applied entry, to be written while further entries are applied. */
    SnapshotWriter captureSnapshot();

    /** Written once, on any thread, never after the member has closed. */
    @FunctionalInterface
    interface SnapshotWriter {
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Replaces the whole state: at start when there is a snapshot, and on a member too far behind to be sent entries.
     *
     * @param index of the last entry the snapshot contains; the next {@link #apply} has a higher one
     */
    void readSnapshot(long index, InputStream in) throws IOException;

    /**
     * The leader as this member sees it. {@code self} comes only after everything committed in earlier terms has been
     * applied here, so that what is proposed from then on is based on the newest state.
     */
    void leaderChanged(Leadership leadership);

    /**
     * The member stopped by itself: an exception thrown above, its disk's error, or {@link RaftException.Removed}. Called
     * once. Its manager must end; after an error, the process, to start again from what is on disk.
     */
    void failed(Throwable cause);
}
