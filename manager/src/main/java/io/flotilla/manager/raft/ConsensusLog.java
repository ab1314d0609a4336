package io.flotilla.manager.raft;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One member's side of the replicated log. Futures fail with a {@link RaftException} and complete on the log's threads:
 * dependents that do more than hand on belong on an executor. Any thread may call.
 */
public interface ConsensusLog extends AutoCloseable {

    /** The longest entry that is taken. */
    int MAX_ENTRY_BYTES = 4 * 1024 * 1024 - 64 * 1024;

    /**
     * Appends an entry; completes with its index when it is durable on a majority and applied here. Never blocks; at most a
     * bounded number are under way, beyond it {@link RaftException.Unavailable}. Entries proposed by one thread are applied
     * in that order.
     *
     * @param entry not changed by the caller afterwards
     */
    CompletableFuture<Long> propose(byte[] entry);

    /** The configuration in force as known here, this member included while it belongs to it. */
    List<Member> members();

    /** The leader as known here. */
    @Nullable
    Member leader();

    /** Leads and has applied everything of earlier terms, see {@link StateMachine#leaderChanged}. */
    boolean isLeader();

    long term();

    /** The last index applied here, whether an entry of ours or of the log's own; 0 before the first. */
    long lastAppliedIndex();

    /**
     * On the leader: takes a member in, which has been started as joining; completes when it has caught up and votes. After
     * a failure {@link #members} tells what came of it.
     */
    CompletableFuture<Void> addMember(Member member);

    /** On the leader: also itself, which then hands over the lead. Completes when the configuration is committed. */
    CompletableFuture<Void> removeMember(String memberId);

    /** On the leader: completes when the other leads; it must have caught up. */
    CompletableFuture<Void> transferLeadership(String memberId);

    /** Writes a snapshot and drops the entries it makes superfluous; completes with its index. Also happens by itself. */
    CompletableFuture<Long> snapshot();

    /** Stops the member. What was acknowledged stays; what is under way fails as {@link RaftException.OutcomeUnknown}. */
    @Override
    void close();
}
