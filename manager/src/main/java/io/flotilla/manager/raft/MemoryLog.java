package io.flotilla.manager.raft;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A member of a {@link MemoryGroup}. One thread only: the one that steps the group. */
public final class MemoryLog implements ConsensusLog {
    private final MemoryGroup group;
    private final MemoryMember member;

    MemoryLog(MemoryGroup group, MemoryMember member) {
        this.group = group;
        this.member = member;
    }

    @Override
    public CompletableFuture<Long> propose(byte[] entry) {
        if (entry.length > MAX_ENTRY_BYTES) {
            return CompletableFuture.failedFuture(new RaftException.EntryTooLarge(entry.length, MAX_ENTRY_BYTES));
        }
        return group.propose(member, new MemoryGroup.Entry.Data(entry.clone()));
    }

    @Override
    public List<Member> members() {
        return List.copyOf(member.members.values());
    }

    @Override
    public @Nullable Member leader() {
        return member.leader;
    }

    @Override
    public boolean isLeader() {
        return member.ready;
    }

    @Override
    public long term() {
        return member.term;
    }

    @Override
    public long lastAppliedIndex() {
        return member.applied;
    }

    @Override
    public CompletableFuture<Void> addMember(Member added) {
        return group.changeMembers(member, members -> members.put(added.id(), added));
    }

    @Override
    public CompletableFuture<Void> removeMember(String memberId) {
        return group.changeMembers(member, members -> members.remove(memberId));
    }

    @Override
    public CompletableFuture<Void> transferLeadership(String memberId) {
        return group.transfer(member, memberId);
    }

    @Override
    public CompletableFuture<Long> snapshot() {
        return group.snapshot(member);
    }

    @Override
    public void close() {
        group.stop(member);
    }
}
