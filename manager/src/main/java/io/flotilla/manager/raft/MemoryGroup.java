package io.flotilla.manager.raft;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A Raft group as its users can observe it, without threads, clock or disk: nothing happens until a caller commits, applies
 * or elects, so a simulator decides every interleaving. Invariant: an entry once committed stays in the log at its index,
 * and a leader's uncommitted entries survive its successor's election only as far as the caller says.
 */
public final class MemoryGroup {
    private static final int MAX_UNDER_WAY = 8192;

    sealed interface Entry {
        /** A leader's first entry of its term. */
        record Term(long term) implements Entry {}

        @SuppressWarnings("ArrayRecordComponent") // compared by nobody
        record Data(byte[] bytes) implements Entry {}

        record Members(Map<String, Member> members) implements Entry {}
    }

    private final Map<String, MemoryMember> all = new LinkedHashMap<>();
    /** Committed entries by index, without those that every member's snapshot has. */
    private final TreeMap<Long, Entry> log = new TreeMap<>();

    private final int snapshotThreshold;
    private Map<String, Member> members = new LinkedHashMap<>();
    private long lastIndex;
    private long purgedIndex;
    private long term;
    private @Nullable MemoryMember leader;
    /** What a leader that crashed had not committed: it may have reached its successor. */
    private final List<Entry> orphaned = new ArrayList<>();

    /** Ways that are cut, each in one direction. */
    private final Set<Way> cut = new HashSet<>();

    private record Way(String from, String to) {}

    /** @param snapshotThreshold entries after which a member writes a snapshot by itself */
    public MemoryGroup(int snapshotThreshold) {
        this.snapshotThreshold = snapshotThreshold;
    }

    /** Starts or restarts a member of the first configuration; before the first election everybody started belongs to it. */
    public MemoryLog start(Member self, StateMachine machine) {
        if (term == 0) {
            members.put(self.id(), self);
            all.values().forEach(m -> m.members.put(self.id(), self));
        }
        return startJoining(self, machine);
    }

    /** Starts a member that the leader will add. */
    public MemoryLog startJoining(Member self, StateMachine machine) {
        MemoryMember member = all.computeIfAbsent(self.id(), id -> new MemoryMember(self));
        if (member.running()) {
            throw new IllegalStateException(self.id() + " is running");
        }
        member.machine = machine;
        member.applied = member.snapshotIndex();
        member.members.clear();
        member.members.putAll(member.snapshot != null ? member.snapshot.members : term == 0 ? members : Map.of());
        restore(member, machine);
        if (leader != null && reaches(leader, member)) {
            told(member, leader.self);
        }
        return new MemoryLog(this, member);
    }

    /** Elects with none of the deposed leader's uncommitted entries surviving. */
    public void elect(String id) {
        elect(id, 0);
    }

    /**
     * Makes a member leader of a new term. Needs a majority it can reach.
     *
     * @param survivors how many of the deposed leader's uncommitted entries, from the oldest on, had reached the new one
     */
    public void elect(String id, int survivors) {
        MemoryMember elected = running(id);
        if (!members.containsKey(id) || !quorum(elected)) {
            throw new IllegalStateException(id + " has no majority");
        }
        MemoryMember deposed = leader;
        if (deposed != null) {
            deposed.proposals.forEach(p -> orphaned.add(p.entry()));
        }
        orphaned.stream().limit(survivors).toList().forEach(this::append);
        orphaned.clear();
        term++;
        leader = elected;
        append(new Entry.Term(term));
        for (MemoryMember member : all.values()) {
            if (member.running() && reaches(elected, member)) {
                told(member, elected.self);
            }
        }
    }

    /** Whether the member leads the newest term and has a majority; one that was cut off may still believe it leads. */
    public boolean isLeader(String id) {
        return leader != null && leader.self.id().equals(id) && quorum(leader);
    }

    /** Whether a member could be elected: it reaches a majority, and is reached by it. */
    public boolean hasMajority(String id) {
        MemoryMember member = all.get(id);
        return member != null && quorum(member);
    }

    /** Whether a member hears of what the leader commits; a leader that was cut off hears itself until it is deposed. */
    public boolean hearsLeader(String id) {
        MemoryMember member = all.get(id);
        return member != null && member.running() && hears(member);
    }

    /** Lets nothing through from one member to another; the other way stays as it is. */
    public void cut(String from, String to) {
        cut.add(new Way(from, to));
    }

    /** Cuts a member off in both directions; a leader goes on believing in itself until it is healed. */
    public void isolate(String id) {
        running(id);
        for (String other : all.keySet()) {
            if (!other.equals(id)) {
                cut(id, other);
                cut(other, id);
            }
        }
    }

    /** Lets everything through again, from and to a member. */
    public void heal(String id) {
        cut.removeIf(way -> way.from().equals(id) || way.to().equals(id));
        tellAnew();
    }

    /** Lets everything through again from one member to another. */
    public void heal(String from, String to) {
        cut.remove(new Way(from, to));
        tellAnew();
    }

    private void tellAnew() {
        MemoryMember leads = leader;
        for (MemoryMember member : all.values()) {
            if (leads != null && member.running() && member.term < term && reaches(leads, member)) {
                told(member, leads.self);
            }
        }
    }

    private boolean reaches(MemoryMember from, MemoryMember to) {
        return !cut.contains(new Way(from.self.id(), to.self.id()));
    }

    /** Without a leader what is committed may come from anyone. */
    private boolean hears(MemoryMember member) {
        return leader == null
                ? all.size() == 1 || all.values().stream().anyMatch(other -> other != member && reaches(other, member))
                : reaches(leader, member);
    }

    /** Ends a member as kill -9 would: its snapshot and the group's committed log remain. */
    public void crash(String id) {
        stop(running(id));
    }

    /**
     * Ends a member as a loss of its host's power would: it may have to start from an older snapshot. Nobody loses what the
     * group has no more: entries are purged only once a snapshot that has them is safe.
     */
    public void losePower(String id) {
        MemoryMember member = running(id);
        stop(member);
        boolean another = all.values().stream().anyMatch(m -> m != member && m.snapshotIndex() >= purgedIndex);
        if (another) {
            member.snapshot = member.synced;
        }
    }

    /** Commits the leader's oldest proposal, when it has one and a majority. */
    public boolean commitNext() {
        MemoryMember at = leader;
        if (at == null || at.proposals.isEmpty() || !quorum(at)) {
            return false;
        }
        MemoryMember.Proposal proposal = at.proposals.removeFirst();
        at.committed.put(append(proposal.entry()), proposal.outcome());
        return true;
    }

    /** Lets a member take its next step: learn of a leader, or apply one committed entry. */
    public boolean applyNext(String id) {
        MemoryMember member = all.get(id);
        if (member == null || member.machine == null) {
            return false;
        }
        StateMachine machine = member.machine;
        try {
            return step(member, machine);
        } catch (RuntimeException | Error e) {
            stop(member);
            machine.failed(e);
            return true;
        }
    }

    private boolean step(MemoryMember member, StateMachine machine) {
        if (member.untold != null) {
            Leadership leadership = member.untold;
            member.untold = null;
            machine.leaderChanged(leadership);
            return true;
        }
        if (!hears(member) || !belongs(member)) {
            return false;
        }
        if (member.applied < purgedIndex) {
            install(member, machine);
            return true;
        }
        Map.Entry<Long, Entry> next = log.higherEntry(member.applied);
        if (next == null) {
            return false;
        }
        apply(member, machine, next.getKey(), next.getValue());
        return true;
    }

    /** Commits and applies until nothing is left to do. */
    public void run() {
        boolean progress = true;
        while (progress) {
            progress = commitNext();
            for (String id : List.copyOf(all.keySet())) {
                progress |= applyNext(id);
            }
        }
    }

    CompletableFuture<Long> propose(MemoryMember at, Entry entry) {
        if (at.machine == null) {
            return CompletableFuture.failedFuture(new RaftException.Unavailable(at.self.id() + " is closed", null));
        }
        if (!at.ready) {
            return CompletableFuture.failedFuture(new RaftException.NotLeader(at.self.id(), at.leader));
        }
        if (at.proposals.size() >= MAX_UNDER_WAY) {
            return CompletableFuture.failedFuture(
                    new RaftException.Unavailable(MAX_UNDER_WAY + " entries are under way", null));
        }
        var outcome = new CompletableFuture<Long>();
        at.proposals.add(new MemoryMember.Proposal(entry, outcome));
        return outcome;
    }

    CompletableFuture<Void> changeMembers(MemoryMember at, Consumer<Map<String, Member>> change) {
        var changed = new LinkedHashMap<>(at.members);
        change.accept(changed);
        return propose(at, new Entry.Members(changed)).thenApply(index -> null);
    }

    CompletableFuture<Void> transfer(MemoryMember at, String to) {
        MemoryMember target = all.get(to);
        if (at != leader || !at.ready) {
            return CompletableFuture.failedFuture(new RaftException.NotLeader(at.self.id(), at.leader));
        }
        if (target == null || !members.containsKey(to) || !quorum(target)) {
            return CompletableFuture.failedFuture(new RaftException.Unavailable(to + " cannot take over", null));
        }
        elect(to, at.proposals.size());
        return CompletableFuture.completedFuture(null);
    }

    CompletableFuture<Long> snapshot(MemoryMember member) {
        if (member.machine == null) {
            return CompletableFuture.failedFuture(new RaftException.Unavailable(member.self.id() + " is closed", null));
        }
        capture(member, member.machine);
        return CompletableFuture.completedFuture(member.snapshotIndex());
    }

    void stop(MemoryMember member) {
        member.writeSnapshots();
        member.machine = null;
        member.ready = false;
        member.untold = null;
        if (leader == member) {
            // it comes back as a follower, whoever leads then
            leader = null;
            member.proposals.forEach(p -> orphaned.add(p.entry()));
        }
        member.abandon("closed");
    }

    private long append(Entry entry) {
        if (entry instanceof Entry.Members changed) {
            members = changed.members();
        }
        log.put(++lastIndex, entry);
        return lastIndex;
    }

    private void told(MemoryMember member, Member elected) {
        member.term = term;
        member.ready = false;
        member.leader = elected;
        member.abandon("lost the lead");
        // the elected one is told when it has applied its own first entry, see apply
        member.untold = new Leadership(term, elected.id().equals(member.self.id()) ? null : elected, false);
    }

    private void apply(MemoryMember member, StateMachine machine, long index, Entry entry) {
        switch (entry) {
            case Entry.Data data -> machine.apply(index, data.bytes().clone());
            case Entry.Members changed -> {
                member.members.clear();
                member.members.putAll(changed.members());
            }
            case Entry.Term first -> {
                member.members.putIfAbsent(member.self.id(), member.self);
                if (member == leader && first.term() == term) {
                    member.ready = true;
                }
            }
        }
        member.applied = index;
        if (entry instanceof Entry.Term first && member.ready && first.term() == term) {
            machine.leaderChanged(new Leadership(term, member.self, true));
        }
        if (index - member.snapshotIndex() >= snapshotThreshold) {
            capture(member, machine);
        }
        CompletableFuture<Long> outcome = member.committed.remove(index);
        if (outcome != null) {
            outcome.complete(index);
        }
        if (entry instanceof Entry.Members changed && !changed.members().containsKey(member.self.id())) {
            retire(member, machine);
        }
    }

    /** A member that is no longer one leads nobody. */
    private void retire(MemoryMember member, StateMachine machine) {
        if (leader != member) {
            return;
        }
        leader = null;
        member.ready = false;
        member.leader = null;
        member.abandon("removed");
        machine.leaderChanged(new Leadership(term, null, false));
    }

    private void capture(MemoryMember member, StateMachine machine) {
        member.took(new MemoryMember.Snapshot(member.applied, member.members, machine.captureSnapshot()));
        Collection<MemoryMember> known = all.values();
        long superfluous =
                known.stream().mapToLong(MemoryMember::snapshotIndex).max().orElse(0);
        long needed = known.stream()
                .filter(m -> m.running())
                .mapToLong(m -> m.applied)
                .min()
                .orElse(0);
        purgedIndex = Math.max(purgedIndex, Math.min(superfluous, needed));
        log.headMap(purgedIndex, true).clear();
    }

    /** Sends the newest snapshot to a member whose next entry is gone. */
    private void install(MemoryMember member, StateMachine machine) {
        MemoryMember newest = all.values().stream()
                .max((a, b) -> Long.compare(a.snapshotIndex(), b.snapshotIndex()))
                .orElseThrow();
        MemoryMember.Snapshot snapshot = Objects.requireNonNull(newest.snapshot);
        if (newest != member) {
            member.took(snapshot);
        }
        member.applied = snapshot.index;
        member.members.clear();
        member.members.putAll(snapshot.members);
        restore(member, machine);
    }

    private static void restore(MemoryMember member, StateMachine machine) {
        MemoryMember.Snapshot snapshot = member.snapshot;
        if (snapshot == null) {
            return;
        }
        try {
            machine.readSnapshot(snapshot.index, new ByteArrayInputStream(snapshot.bytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private MemoryMember running(String id) {
        MemoryMember member = all.get(id);
        if (member == null || !member.running()) {
            throw new IllegalStateException(id + " is not running");
        }
        return member;
    }

    private boolean belongs(MemoryMember member) {
        String id = member.self.id();
        return members.containsKey(id) || member.members.containsKey(id);
    }

    private boolean quorum(MemoryMember of) {
        if (!of.running()) {
            return false;
        }
        long reachable = members.keySet().stream()
                .map(all::get)
                .filter(m -> m == of || m != null && m.running() && reaches(of, m) && reaches(m, of))
                .count();
        return 2 * reachable > members.size();
    }
}
