package io.flotilla.agent.reconcile;

import org.jspecify.annotations.Nullable;

/**
 * What is wanted of one task or container, on its way from whoever reads assignments to its worker's queue: the latest
 * alone. It is closed as the worker forgets the thing, so that what is wanted of it after that becomes another worker's.
 *
 * @param <A> an assignment
 */
final class Wanted<A> {
    private @Nullable Wish<A> latest;
    private boolean closed;

    /**
     * @param assignment null when it was taken back
     * @param index Raft index this follows from
     */
    record Wish<A>(@Nullable A assignment, long index) {}

    /** Dropped when a later one waits. @return false when it is closed */
    synchronized boolean put(@Nullable A assignment, long index) {
        if (!closed && (latest == null || index > latest.index())) {
            latest = new Wish<>(assignment, index);
        }
        return !closed;
    }

    /** Takes out what waits, if it is later than what is followed already. */
    synchronized @Nullable Wish<A> take(long followed) {
        Wish<A> taken = latest;
        latest = null;
        return taken == null || taken.index() <= followed ? null : taken;
    }

    /** Nothing is taken any more. @return what is still waiting, if it is later than what is followed already */
    synchronized @Nullable Wish<A> close(long followed) {
        closed = true;
        return take(followed);
    }

    synchronized boolean isClosed() {
        return closed;
    }
}
