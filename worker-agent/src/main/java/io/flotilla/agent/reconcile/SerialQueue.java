package io.flotilla.agent.reconcile;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Runs jobs one after the other on a shared pool; the pool holds the queue at most once. */
final class SerialQueue {
    private final Executor pool;
    private final int limit;
    private final Deque<Runnable> jobs = new ArrayDeque<>();
    private boolean scheduled;

    /** @param limit of jobs waiting, for {@link #offer} */
    SerialQueue(Executor pool, int limit) {
        this.pool = pool;
        this.limit = limit;
    }

    /** @throws RejectedExecutionException when the limit is reached or the pool takes no more */
    synchronized void offer(Runnable job) {
        if (jobs.size() >= limit) {
            throw new RejectedExecutionException("more than " + limit + " actions wait for one container");
        }
        execute(job);
    }

    /** Without limit: for a caller that has at most one job here at a time. */
    synchronized void execute(Runnable job) {
        if (!scheduled) {
            pool.execute(this::runOne);
            scheduled = true;
        }
        jobs.addLast(job);
    }

    private void runOne() {
        Runnable job;
        synchronized (this) {
            job = jobs.removeFirst();
        }
        try {
            job.run();
        } finally {
            again();
        }
    }

    private synchronized void again() {
        scheduled = false;
        if (jobs.isEmpty()) {
            return;
        }
        try {
            pool.execute(this::runOne);
            scheduled = true;
        } catch (RejectedExecutionException closing) {
            // what waits is left to the next agent, as what had not come yet
            jobs.clear();
        }
    }
}
