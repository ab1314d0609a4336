package io.flotilla.agent.nodeapi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Progress messages from threads that must not wait for the client, to the one thread that does. A measure that was not sent yet
 * gives way to a later one of the same layer; so there are as many as an image has layers and each has states.
 */
final class ProgressQueue {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<ObjectNode> messages = new ArrayDeque<>();
    private boolean ended;

    void add(ObjectNode message) {
        lock.lock();
        try {
            if (isMeasure(message)) {
                removeOlder(message);
            }
            messages.addLast(message);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void removeOlder(ObjectNode message) {
        for (Iterator<ObjectNode> each = messages.iterator(); each.hasNext(); ) {
            ObjectNode older = each.next();
            if (isMeasure(older)
                    && older.path("id").equals(message.path("id"))
                    && older.path("status").equals(message.path("status"))) {
                each.remove();
            }
        }
    }

    private static boolean isMeasure(ObjectNode message) {
        return message.path("progressDetail").has("current");
    }

    /** Nothing will be added any more. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** The next message; empty after the last. */
    Optional<ObjectNode> next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (messages.isEmpty() && !ended) {
                changed.await();
            }
            return Optional.ofNullable(messages.pollFirst());
        } finally {
            lock.unlock();
        }
    }
}
