package io.flotilla.gateway.event;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * What one client still has to be sent. Filled by the bus' thread, which never waits for a client: one that is
 * {@value #MAX_WAITING} events behind is cut off, and can come back with `since`.
 */
final class EventStream implements AutoCloseable {
    private static final int MAX_WAITING = 4096;

    private final EventFilter filter;
    private final Consumer<EventStream> onClose;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Event> waiting = new ArrayDeque<>();
    private boolean ended;

    EventStream(EventFilter filter, Consumer<EventStream> onClose) {
        this.filter = filter;
        this.onClose = onClose;
    }

    void offer(Event event) {
        if (!filter.includes(event.message())) {
            return;
        }
        lock.lock();
        try {
            if (waiting.size() >= MAX_WAITING) {
                ended = true;
            }
            if (!ended) {
                waiting.add(event);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Drops what a replay of history has already shown. */
    void skip(List<Event> shown) {
        Map<Integer, Long> last = new HashMap<>();
        shown.forEach(event -> last.merge(event.partition(), event.offset(), Math::max));
        lock.lock();
        try {
            waiting.removeIf(event -> event.offset() <= last.getOrDefault(event.partition(), -1L));
        } finally {
            lock.unlock();
        }
    }

    /** The next event; empty at the deadline (System.nanoTime, or none) and at the end. */
    Optional<Event> next(Optional<Long> deadline) {
        lock.lock();
        try {
            while (waiting.isEmpty() && !ended) {
                if (deadline.isEmpty()) {
                    changed.await();
                } else if (changed.awaitNanos(deadline.get() - System.nanoTime()) <= 0) {
                    return Optional.empty();
                }
            }
            return Optional.ofNullable(waiting.poll());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** Lets the reader have what waits, and then the end. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        end();
        onClose.accept(this);
    }
}
