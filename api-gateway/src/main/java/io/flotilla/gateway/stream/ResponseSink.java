package io.flotilla.gateway.stream;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A sink on a Vert.x response. Written by one virtual thread; the event loop tells it that the client takes bytes again
 * or has left. At most Vert.x's write queue (some KiB) is held for a client that does not read.
 */
final class ResponseSink implements Sink {
    private final HttpServerResponse response;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Runnable> onGone = new ArrayList<>();
    private boolean gone;

    ResponseSink(HttpServerResponse response) {
        this.response = response;
        response.setChunked(true);
        response.closeHandler(ignored -> leave());
        response.exceptionHandler(ignored -> leave());
        response.drainHandler(ignored -> signal());
        if (response.closed()) {
            leave();
        }
    }

    @Override
    public void flushHead() throws IOException {
        // Vert.x sends the head with the first buffer, and an empty one makes no chunk
        send(Buffer.buffer());
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        if (bytes.length > 0) {
            send(Buffer.buffer(bytes));
        }
    }

    private void send(Buffer bytes) throws IOException {
        lock.lock();
        try {
            while (!gone && response.writeQueueFull()) {
                changed.awaitUninterruptibly();
            }
            if (gone) {
                throw new ClientGone();
            }
        } finally {
            lock.unlock();
        }
        response.write(bytes).onFailure(ignored -> leave());
    }

    /** Ends the answer properly; false when the client has left. */
    boolean end() {
        if (gone()) {
            return false;
        }
        response.end().onFailure(ignored -> leave());
        return true;
    }

    /** Cuts the connection, so that the client does not take the answer for whole. */
    void abort() {
        leave();
        response.reset();
    }

    @Override
    public void onGone(Runnable action) {
        lock.lock();
        try {
            if (!gone) {
                onGone.add(action);
                return;
            }
        } finally {
            lock.unlock();
        }
        action.run();
    }

    @Override
    public boolean gone() {
        lock.lock();
        try {
            return gone;
        } finally {
            lock.unlock();
        }
    }

    private void leave() {
        List<Runnable> actions;
        lock.lock();
        try {
            if (gone) {
                return;
            }
            gone = true;
            actions = List.copyOf(onGone);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        actions.forEach(Runnable::run);
    }

    private void signal() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
