package io.flotilla.gateway.rpc;

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
 * Reads a gRPC stream by pulling: at most {@value #PREFETCH} messages wait here, the rest waits at the node. Written to by
 * gRPC's thread, read by one virtual thread.
 */
final class GrpcStream<Q, T> extends ClientCall.Listener<T> implements NodeStream<T> {
    private static final int PREFETCH = 64;

    private final ClientCall<Q, T> call;
    private final String target;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<T> arrived = new ArrayDeque<>();
    private @Nullable Status end;
    private boolean closed;

    private GrpcStream(ClientCall<Q, T> call, String target) {
        this.call = call;
        this.target = target;
    }

    /** Starts the call; the caller sends and half-closes. */
    static <Q, T> GrpcStream<Q, T> start(io.grpc.Channel channel, MethodDescriptor<Q, T> method, String target) {
        GrpcStream<Q, T> stream = new GrpcStream<>(channel.newCall(method, io.grpc.CallOptions.DEFAULT), target);
        stream.call.start(stream, new Metadata());
        stream.call.request(PREFETCH);
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
                call.request(1);
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
