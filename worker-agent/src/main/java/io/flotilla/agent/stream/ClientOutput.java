package io.flotilla.agent.stream;

import io.flotilla.agent.runtime.OutputSink.Stream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a process wrote and one client has not taken yet. It is bounded by telling the process's reader that there is no room,
 * so nothing is lost and nothing grows. Delivered by whichever thread finds both something to deliver and a ready client;
 * the lock makes them one at a time. Never waits but in {@link #sendHeld}.
 */
public final class ClientOutput {
    /** What is taken without complaint. More than this by one read of the runtime, and by a pipe's content at the end. */
    static final int ROOM_BYTES = 256 * 1024;

    private final StreamClient client;
    private final Set<Stream> wanted;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Chunk> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private boolean full;
    private boolean held;
    private boolean delivering;
    private boolean over;
    private boolean closed;
    private @Nullable Throwable failure;
    private Runnable whenRoom = () -> {};

    private record Chunk(Stream stream, byte[] bytes) {}

    /** @param held nothing is delivered before {@link #release}, so that something else can come first */
    public ClientOutput(StreamClient client, Set<Stream> wanted, boolean held) {
        this.client = client;
        this.wanted = wanted;
        this.held = held;
    }

    /** @param then runs on any thread, without a lock held here, when there is room again after there was none */
    public void onRoom(Runnable then) {
        lock.lock();
        try {
            whenRoom = then;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes all of it, unless it is not wanted or the client has left.
     *
     * @param bytes not to be changed after the call
     * @return whether there is room for more
     */
    public boolean offer(Stream stream, byte[] bytes) {
        lock.lock();
        try {
            if (over || closed || !wants(stream, bytes)) {
                return true;
            }
            waiting.addLast(new Chunk(stream, bytes));
            waitingBytes += bytes.length;
        } finally {
            lock.unlock();
        }
        deliver();
        return hasRoom();
    }

    /** Nothing at all is a sign of life, not output. */
    private boolean wants(Stream stream, byte[] bytes) {
        return bytes.length == 0 || wanted.contains(stream);
    }

    /** Whether the process's reader need not wait for this client. */
    public boolean hasRoom() {
        lock.lock();
        try {
            full = !closed && (full ? waitingBytes > ROOM_BYTES / 2 : waitingBytes >= ROOM_BYTES);
            return !full;
        } finally {
            lock.unlock();
        }
    }

    /** The transport is ready. */
    public void deliver() {
        Runnable then = null;
        lock.lock();
        try {
            changed.signalAll();
            // a transport may call back while it is given something
            if (delivering || held) {
                return;
            }
            delivering = true;
            try {
                deliverReady();
            } finally {
                delivering = false;
            }
            if (full && hasRoom()) {
                then = whenRoom;
            }
        } finally {
            lock.unlock();
        }
        if (then != null) {
            then.run();
        }
    }

    private void deliverReady() {
        while (!closed && !waiting.isEmpty() && client.ready()) {
            Chunk chunk = waiting.removeFirst();
            waitingBytes -= chunk.bytes().length;
            client.send(chunk.stream(), chunk.bytes());
        }
        if (over && !closed && waiting.isEmpty()) {
            closed = true;
            client.end(failure);
        }
    }

    /**
     * Sends past what is held, as soon as the client is ready. For the one thread that will release it.
     *
     * @throws CancellationException when the client has left or leaves meanwhile
     */
    public void sendHeld(Stream stream, byte[] bytes) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed && !client.ready()) {
                changed.await();
            }
            if (closed) {
                throw new CancellationException("the client has left");
            }
            if (wants(stream, bytes)) {
                client.send(stream, bytes);
            }
        } finally {
            lock.unlock();
        }
    }

    /** What was held goes out from now on. */
    public void release() {
        lock.lock();
        try {
            held = false;
        } finally {
            lock.unlock();
        }
        deliver();
    }

    /** Nothing more will be offered: the client is told of the end after what waits. @param why null: it is no failure */
    public void end(@Nullable Throwable why) {
        lock.lock();
        try {
            if (!over) {
                over = true;
                failure = why;
            }
        } finally {
            lock.unlock();
        }
        deliver();
    }

    /** The client has left: nothing is kept for it, nor told. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            waiting.clear();
            waitingBytes = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
