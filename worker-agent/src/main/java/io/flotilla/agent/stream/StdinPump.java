package io.flotilla.agent.stream;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Brings what a client types to a process's standard input, in order. It has a thread only while there is something to
 * write, which may block there as long as the process reads nothing; then the client is asked for no more. So what waits here
 * is bounded by what was asked for.
 */
public final class StdinPump {
    private final Executor threads;
    private final DetachKeys.@Nullable Scanner keys;
    private final boolean closesInput;
    private final Session session;

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<byte[]> waiting = new ArrayDeque<>();
    private @Nullable OutputStream target;
    private boolean discards;
    private boolean ended;
    private boolean abandoned;
    private boolean finished;
    private boolean working;

    /** Whose input it is. Called on a thread of the pump or of the caller. */
    public interface Session {
        /** One message has been taken: ask for another. */
        void taken();

        /** The detach keys were typed. */
        void detached();

        /** All was written that the client had to say, and the process's input stays open. */
        void inputOver();

        /** There is no thread for it. */
        void failed(RuntimeException e);
    }

    /**
     * @param threads platform threads, since writing blocks
     * @param keys null where no keys detach: without a terminal
     * @param closesInput the end of the client's input is the process's end of file
     */
    public StdinPump(Executor threads, @Nullable DetachKeys keys, boolean closesInput, Session session) {
        this.threads = threads;
        this.keys = keys == null ? null : keys.scanner();
        this.closesInput = closesInput;
        this.session = session;
    }

    /** From now on there is a process to write to. @param input closed with the session; closing ends a write that waits */
    public void open(OutputStream input) {
        boolean late;
        lock.lock();
        try {
            target = input;
            late = finished;
        } finally {
            lock.unlock();
        }
        if (late) {
            close(input);
        } else {
            work();
        }
    }

    /** Nobody reads the input: what comes is dropped. */
    public void discard() {
        lock.lock();
        try {
            discards = true;
        } finally {
            lock.unlock();
        }
        work();
    }

    /** One message of the client, in its order; not after {@link #end}. */
    public void write(byte[] typed) {
        boolean detached;
        lock.lock();
        try {
            if (ended || abandoned) {
                return;
            }
            byte[] passed = keys == null ? typed : keys.pass(typed);
            detached = keys != null && keys.detached();
            waiting.addLast(passed);
            ended = detached;
        } finally {
            lock.unlock();
        }
        if (detached) {
            session.detached();
        }
        work();
    }

    /** The client has closed its half. */
    public void end() {
        lock.lock();
        try {
            ended = true;
        } finally {
            lock.unlock();
        }
        work();
    }

    /** The client has left: what waits is dropped, a blocked write ends. */
    public void abandon() {
        OutputStream input;
        lock.lock();
        try {
            abandoned = true;
            ended = true;
            waiting.clear();
            input = target;
        } finally {
            lock.unlock();
        }
        if (input != null) {
            close(input);
        }
        work();
    }

    private void work() {
        lock.lock();
        try {
            boolean something = !waiting.isEmpty() || ended && !finished;
            if (working || !something || target == null && !discards && !abandoned) {
                return;
            }
            working = true;
        } finally {
            lock.unlock();
        }
        try {
            threads.execute(this::writeAll);
        } catch (RejectedExecutionException full) {
            session.failed(full);
        }
    }

    private void writeAll() {
        byte[] next = next();
        while (next != null) {
            write(next, target());
            session.taken();
            next = next();
        }
    }

    /** The next to write; null when there is none now, and then this thread is not the writer any more. */
    private byte @Nullable [] next() {
        boolean over;
        lock.lock();
        try {
            byte[] next = waiting.pollFirst();
            if (next != null) {
                return next;
            }
            over = ended && !finished;
            finished |= ended;
            if (!over) {
                working = false;
            }
        } finally {
            lock.unlock();
        }
        if (over) {
            finish();
        }
        return null;
    }

    private @Nullable OutputStream target() {
        lock.lock();
        try {
            return discards ? null : target;
        } finally {
            lock.unlock();
        }
    }

    private void write(byte[] bytes, @Nullable OutputStream to) {
        if (to == null || bytes.length == 0) {
            return;
        }
        try {
            to.write(bytes);
            to.flush();
        } catch (IOException noReader) {
            // the process has closed its input or ended, which is its right; as in Docker the client is not told
            discard();
        }
    }

    private void close(OutputStream input) {
        try {
            input.close();
        } catch (IOException ended) {
            // a process that has ended needs no end of file
            discard();
        }
    }

    private void finish() {
        OutputStream input;
        boolean left;
        lock.lock();
        try {
            input = target;
            left = abandoned;
        } finally {
            lock.unlock();
        }
        if (input != null) {
            close(input);
        }
        if (!left && !closesInput) {
            session.inputOver();
        }
    }
}
