package io.flotilla.manager.control;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.manager.control.core.ControlEvent;
import io.flotilla.manager.raft.Leadership;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the event thread. Commands beyond the limit are turned away; whoever brings reports waits, so that they
 * stay on the bus. Thread-safe.
 */
final class Gathered {
    private static final int MAX_COMMANDS = 4_096;
    private static final int MAX_REPORTS = 8_192;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final Condition room = lock.newCondition();
    private final Deque<ControlEvent> events = new ArrayDeque<>();
    private final Map<Long, CompletableFuture<Reply>> asked = new HashMap<>();
    private long lastTicket;
    private int commands;
    private int reports;
    private long reader;
    private @Nullable Leadership leadership;
    private boolean signalled;
    private boolean closed;

    /** @return the answer to come; empty when too many wait */
    Optional<CompletableFuture<Reply>> ask(Command command) {
        lock.lock();
        try {
            if (closed || commands >= MAX_COMMANDS) {
                return Optional.empty();
            }
            long ticket = ++lastTicket;
            CompletableFuture<Reply> answer = new CompletableFuture<>();
            asked.put(ticket, answer);
            events.addLast(new ControlEvent.Asked(ticket, command));
            commands++;
            signal();
            return Optional.of(answer);
        } finally {
            lock.unlock();
        }
    }

    /** A new reader of reports; what an earlier one still brings is dropped. */
    long newReader() {
        lock.lock();
        try {
            reader++;
            events.removeIf(event -> event instanceof ControlEvent.Reported);
            reports = 0;
            room.signalAll();
            return reader;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for room. @return false when the reader is no longer the one that is heard */
    boolean report(long from, ControlEvent.Reported reported) {
        lock.lock();
        try {
            while (!closed && from == reader && reports >= MAX_REPORTS) {
                room.awaitUninterruptibly();
            }
            if (closed || from != reader) {
                return false;
            }
            events.addLast(reported);
            reports++;
            signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    void lead(Leadership changed) {
        lock.lock();
        try {
            leadership = changed;
            signal();
        } finally {
            lock.unlock();
        }
    }

    /** The newest change of leadership since the last call. */
    @Nullable
    Leadership takeLeadership() {
        lock.lock();
        try {
            Leadership taken = leadership;
            leadership = null;
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Moves everything that waits. */
    void drainTo(Queue<ControlEvent> to) {
        lock.lock();
        try {
            to.addAll(events);
            events.clear();
            commands = 0;
            reports = 0;
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void answer(long ticket, Reply reply) {
        CompletableFuture<Reply> future;
        lock.lock();
        try {
            future = asked.remove(ticket);
        } finally {
            lock.unlock();
        }
        if (future != null) {
            future.complete(reply);
        }
    }

    /** Every question that has no answer yet. */
    List<Long> unanswered() {
        lock.lock();
        try {
            return new ArrayList<>(asked.keySet());
        } finally {
            lock.unlock();
        }
    }

    void wake() {
        lock.lock();
        try {
            signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for news since the last wait, or until the time has passed. @param most null: without end */
    void await(@Nullable Duration most) throws InterruptedException {
        lock.lock();
        try {
            long left = most == null ? Long.MAX_VALUE : most.toNanos();
            while (!signalled && !closed && left > 0) {
                if (most == null) {
                    news.await();
                } else {
                    left = news.awaitNanos(left);
                }
            }
            signalled = false;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            news.signalAll();
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void signal() {
        signalled = true;
        news.signalAll();
    }
}
