package io.flotilla.agent.csi;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Goes after one thing on a virtual thread of its own, so that what a plugin takes its time for keeps nothing else waiting:
 * at once when something has changed, and after a failure again and again, each time later.
 */
final class Pursuit {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LAST_RETRY = Duration.ofMinutes(1);

    private final Attempt attempt;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition told = lock.newCondition();
    /** Guarded by the lock. */
    private boolean changed = true;

    /** How an attempt ended. */
    enum End {
        /** All is as wanted until something changes. */
        REACHED,
        /** To be tried again. */
        FAILED,
        /** There is nothing left to do, ever. */
        OVER
    }

    /** One try, on the pursuit's thread; it does again without harm what was done before. */
    interface Attempt {
        End run();
    }

    Pursuit(String name, Attempt attempt, Consumer<Throwable> onBug) {
        this.attempt = attempt;
        this.thread = Thread.ofVirtual()
                .name(name)
                .uncaughtExceptionHandler((self, bug) -> onBug.accept(bug))
                .unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Something has changed: an attempt is worth while now. */
    void look() {
        lock.lock();
        try {
            changed = true;
            told.signal();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        Duration retry = FIRST_RETRY;
        End end = End.REACHED;
        try {
            while (true) {
                if (awaitChange(end == End.FAILED ? retry : null)) {
                    retry = FIRST_RETRY;
                } else {
                    retry = retry.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : retry.multipliedBy(2);
                }
                end = attempt.run();
                if (end == End.OVER) {
                    return;
                }
            }
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    /** @param longest null: until something changes @return whether it has, before that time was over */
    private boolean awaitChange(@Nullable Duration longest) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long leftNanos = longest == null ? 0 : longest.toNanos();
            while (!changed && (longest == null || leftNanos > 0)) {
                if (longest == null) {
                    told.await();
                } else {
                    leftNanos = told.awaitNanos(leftNanos);
                }
            }
            boolean result = changed;
            changed = false;
            return result;
        } finally {
            lock.unlock();
        }
    }

    /** A call under way is given up; what was begun is taken up by the next agent. */
    void interrupt() {
        thread.interrupt();
    }

    /** @throws IOException it goes on for longer than that */
    void awaitEnd(Duration longest) throws IOException, InterruptedException {
        if (thread.isAlive() && !thread.join(longest)) {
            throw new IOException(thread.getName() + " did not end within " + longest.toSeconds() + " s");
        }
    }
}
