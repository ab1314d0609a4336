package io.flotilla.gateway.stream;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What has come from a client and waits for its reader. More is asked for only when the reader waits for it, so that what
 * is held is bounded by what one asking brings. Filled by the event loop, read by one virtual thread.
 */
final class ByteInbox {
    private final Runnable askForMore;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<byte[]> arrived = new ArrayDeque<>();
    private boolean asked;
    private boolean ended;

    /** @param askForMore does not block; answered by {@link #add}s and {@link #answered}, or {@link #end} */
    ByteInbox(Runnable askForMore) {
        this.askForMore = askForMore;
    }

    /** Null after the end. Blocks. */
    byte @Nullable [] take() {
        lock.lock();
        try {
            while (arrived.isEmpty() && !ended) {
                if (!asked) {
                    asked = true;
                    askForMore.run();
                }
                changed.awaitUninterruptibly();
            }
            return arrived.poll();
        } finally {
            lock.unlock();
        }
    }

    void add(byte[] bytes) {
        lock.lock();
        try {
            if (bytes.length > 0) {
                arrived.add(bytes);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** All that one asking brings is here; it may have been nothing. */
    void answered() {
        lock.lock();
        try {
            asked = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Nothing more will come; what is here can still be taken. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
