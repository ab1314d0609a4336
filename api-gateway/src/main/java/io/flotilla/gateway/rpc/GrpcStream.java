package io.flotilla.gateway.rpc;

import com.google.protobuf.MessageLite;
import io.flotilla.gateway.error.GrpcFailures;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads a gRPC stream by pulling: at most {@value #MOST_MESSAGES} messages wait here, and as many fewer as they are larger, so
 * that they are some {@value #WAITING_BYTES} bytes; the rest waits at the node. Within one process nothing else limits what
 * is sent. Written to by gRPC's thread, read by one virtual thread.
 */
final class GrpcStream<Q, T> extends ClientCall.Listener<T> implements NodeStream<T> {
    private static final int MOST_MESSAGES = 64;
    private static final int FEWEST_MESSAGES = 4;
    private static final int WAITING_BYTES = 256 << 10;

    private final ClientCall<Q, T> call;
    private final String target;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<T> arrived = new ArrayDeque<>();
    private @Nullable Status end;
    /** Asked for and not taken by the reader. */
    private int asked = FEWEST_MESSAGES;

    private boolean closed;

    private GrpcStream(ClientCall<Q, T> call, String target) {
        this.call = call;
        this.target = target;
    }

    /** Starts the call; the caller sends and half-closes. */
    static <Q, T> GrpcStream<Q, T> start(io.grpc.Channel channel, MethodDescriptor<Q, T> method, String target) {
        GrpcStream<Q, T> stream = new GrpcStream<>(channel.newCall(method, io.grpc.CallOptions.DEFAULT), target);
        stream.call.start(stream, new Metadata());
        stream.call.request(FEWEST_MESSAGES);
        return stream;
    }

    /** Sends the one request of a server stream. */
    GrpcStream<Q, T> ask(Q request) {
        call.sendMessage(request);
        call.halfClose();
        return this;
    }

    /** Sends one of many; blocks while the node does not take them. False when the call is over. */
    boolean send(Q message) {
        lock.lock();
        try {
            while (!call.isReady() && end == null && !closed) {
                changed.awaitUninterruptibly();
            }
            if (end != null || closed) {
                return false;
            }
            // within the lock: gRPC does not bear a message after the cancellation
            call.sendMessage(message);
            return true;
        } finally {
            lock.unlock();
        }
    }

    void sent() {
        lock.lock();
        try {
            if (end == null && !closed) {
                call.halfClose();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public @Nullable T next() {
        lock.lock();
        try {
            while (arrived.isEmpty() && end == null && !closed) {
                changed.awaitUninterruptibly();
            }
            T message = closed ? null : arrived.poll();
            if (message != null) {
                askForMore(message);
                return message;
            }
            if (closed || end == null || end.isOk()) {
                return null;
            }
            throw GrpcFailures.asFailure(new StatusRuntimeException(end), target);
        } finally {
            lock.unlock();
        }
    }

    /** One was taken: the next are likely as large. */
    private void askForMore(T taken) {
        asked--;
        int size = taken instanceof MessageLite message ? Math.max(1, message.getSerializedSize()) : WAITING_BYTES;
        int wanted = Math.clamp(WAITING_BYTES / size, FEWEST_MESSAGES, MOST_MESSAGES) - asked;
        if (wanted > 0) {
            asked += wanted;
            call.request(wanted);
        }
    }

    @Override
    public boolean ready() {
        lock.lock();
        try {
            return !arrived.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onMessage(T message) {
        lock.lock();
        try {
            arrived.add(message);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onReady() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        lock.lock();
        try {
            end = status;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        cancel("the reader has left", null);
    }

    /** Ends the call at the node. */
    void cancel(String why, @Nullable Throwable cause) {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        call.cancel(why, cause);
    }
}
