package io.flotilla.manager.raft;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Why the log did not take what it was asked to. */
public abstract sealed class RaftException extends IOException {
    private static final long serialVersionUID = 1L;

    private RaftException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** This member does not lead; the entry is not and will never be in the log. */
    public static final class NotLeader extends RaftException {
        private static final long serialVersionUID = 1L;

        private final transient @Nullable Member leader;

        public NotLeader(String memberId, @Nullable Member leader) {
            super(
                    leader == null
                            ? "manager " + memberId + " does not lead and knows no leader"
                            : "manager " + memberId + " does not lead; " + leader.id() + " at " + leader.address()
                                    + " does",
                    null);
            this.leader = leader;
        }

        public @Nullable Member leader() {
            return leader;
        }
    }

    /** Nothing was written; worth trying again: too much under way, starting, no quorum to change members, closed. */
    public static final class Unavailable extends RaftException {
        private static final long serialVersionUID = 1L;

        public Unavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * The member lost the lead or closed while the entry was under way. Whether it is in the log shows only in what is
     * applied later: a proposer must be able to tell that from the state, not from this failure.
     */
    public static final class OutcomeUnknown extends RaftException {
        private static final long serialVersionUID = 1L;

        public OutcomeUnknown(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** The entry can never be taken. */
    public static final class EntryTooLarge extends RaftException {
        private static final long serialVersionUID = 1L;

        public EntryTooLarge(int sizeBytes, int limitBytes) {
            super("an entry of " + sizeBytes + " bytes is over the log's limit of " + limitBytes, null);
        }
    }

    /** The others took this member out. */
    public static final class Removed extends RaftException {
        private static final long serialVersionUID = 1L;

        public Removed(String memberId) {
            super("manager " + memberId + " is no member any more", null);
        }
    }
}
