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

    final Member self;
    final Map<String, Member> members = new LinkedHashMap<>();
    /** Outcomes of committed entries that are not applied here yet, by index. */
    final Map<Long, CompletableFuture<Long>> committed = new LinkedHashMap<>();

    final ArrayDeque<Proposal> proposals = new ArrayDeque<>();

    @Nullable
    StateMachine machine;

    boolean isolated;
    boolean ready;
    long term;
    long applied;

    @Nullable
    Member leader;

    @Nullable
    Leadership untold;

    long snapshotIndex;
    Map<String, Member> snapshotMembers = Map.of();
    /** What the newest snapshot is written by when somebody is to read it; null once it is. */
    StateMachine.@Nullable SnapshotWriter snapshotWriter;

    private byte @Nullable [] snapshotBytes;

    MemoryMember(Member self) {
        this.self = self;
    }

    boolean running() {
        return machine != null;
    }

    boolean reachable() {
        return machine != null && !isolated;
    }

    /** The newest snapshot, written by now; null before the first one. */
    byte @Nullable [] snapshot() {
        StateMachine.SnapshotWriter writer = snapshotWriter;
        if (writer != null) {
            var bytes = new ByteArrayOutputStream();
            try {
                writer.writeTo(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            snapshotWriter = null;
            snapshotBytes = bytes.toByteArray();
        }
        return snapshotBytes;
    }

    /** Has another member's newest snapshot from now on. */
    void takeSnapshot(MemoryMember from) {
        snapshotBytes = from.snapshot();
        snapshotWriter = null;
        snapshotIndex = from.snapshotIndex;
        snapshotMembers = from.snapshotMembers;
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
