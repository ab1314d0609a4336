package io.flotilla.manager.raft;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One member's part of a {@link MemoryGroup}: its "disk" (snapshot) outlives a crash, the rest does not. */
final class MemoryMember {
    /** An entry proposed here that is not committed yet. */
    record Proposal(MemoryGroup.Entry entry, CompletableFuture<Long> outcome) {}

    /** A state that was captured; written when somebody is to read it. */
    static final class Snapshot {
        final long index;
        final Map<String, Member> members;
        private final StateMachine.SnapshotWriter writer;
        private byte @Nullable [] written;

        Snapshot(long index, Map<String, Member> members, StateMachine.SnapshotWriter writer) {
            this.index = index;
            this.members = Map.copyOf(members);
            this.writer = writer;
        }

        byte[] bytes() {
            byte[] bytes = written;
            if (bytes == null) {
                var out = new ByteArrayOutputStream();
                try {
                    writer.writeTo(out);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                bytes = out.toByteArray();
                written = bytes;
            }
            return bytes;
        }
    }

    final Member self;
    final Map<String, Member> members = new LinkedHashMap<>();
    /** Outcomes of committed entries that are not applied here yet, by index. */
    final Map<Long, CompletableFuture<Long>> committed = new LinkedHashMap<>();

    final ArrayDeque<Proposal> proposals = new ArrayDeque<>();

    @Nullable
    StateMachine machine;

    boolean ready;
    long term;
    long applied;

    @Nullable
    Member leader;

    @Nullable
    Leadership untold;

    /** The newest one. */
    @Nullable
    Snapshot snapshot;

    /** What is left of them when the power goes: the one before may be all that had been synced. */
    @Nullable
    Snapshot synced;

    MemoryMember(Member self) {
        this.self = self;
    }

    boolean running() {
        return machine != null;
    }

    long snapshotIndex() {
        return snapshot == null ? 0 : snapshot.index;
    }

    void took(Snapshot newest) {
        synced = snapshot;
        snapshot = newest;
    }

    /** Writes what is still to be written: nothing may be, once the member is closed. */
    void writeSnapshots() {
        if (snapshot != null) {
            snapshot.bytes();
        }
        if (synced != null) {
            synced.bytes();
        }
    }

    /** Everything under way here gets an unknown outcome. */
    void abandon(String why) {
        var unknown = new RaftException.OutcomeUnknown(self.id() + ": " + why, null);
        var outcomes = new ArrayDeque<CompletableFuture<Long>>(committed.values());
        proposals.forEach(p -> outcomes.add(p.outcome()));
        committed.clear();
        proposals.clear();
        outcomes.forEach(o -> o.completeExceptionally(unknown));
    }
}
