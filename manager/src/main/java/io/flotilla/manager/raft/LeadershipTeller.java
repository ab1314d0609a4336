package io.flotilla.manager.raft;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tells the state machine who leads, on one thread and outside Ratis' locks. Only the newest view counts: one that is not
 * told yet is replaced by a newer one. Invariant: terms never fall, and "self" is told only while it still holds.
 */
final class LeadershipTeller {
    private final StateMachine machine;
    private final Predicate<Leadership> stillLeads;
    private final ThreadPoolExecutor thread;
    private @Nullable Leadership untold;
    private @Nullable Leadership told;

    LeadershipTeller(String name, StateMachine machine, Predicate<Leadership> stillLeads) {
        this.machine = machine;
        this.stillLeads = stillLeads;
        // one task at most, see tell
        this.thread = new ThreadPoolExecutor(
                0,
                1,
                1,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(2),
                Thread.ofPlatform().daemon().name(name).factory());
    }

    synchronized void tell(Leadership leadership) {
        if (thread.isShutdown()) {
            return;
        }
        Leadership last = untold != null ? untold : told;
        if (last != null && (leadership.term() < last.term() || leadership.equals(last))) {
            return;
        }
        boolean scheduled = untold != null;
        untold = leadership;
        if (!scheduled) {
            thread.execute(this::tellNewest);
        }
    }

    /** After return nothing is told any more, unless the caller is the telling thread. */
    void close() {
        synchronized (this) {
            untold = null;
            thread.shutdown();
        }
    }

    private void tellNewest() {
        Leadership next;
        synchronized (this) {
            next = untold;
            untold = null;
            if (next == null || next.self() && !stillLeads.test(next)) {
                return;
            }
            told = next;
        }
        machine.leaderChanged(next);
    }
}
