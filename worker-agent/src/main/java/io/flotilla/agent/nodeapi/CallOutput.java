package io.flotilla.agent.nodeapi;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The answers of one call, written by a thread that may wait: {@link #send} returns when the transport has room again, so a
 * client that reads slowly holds up its own call and fills no memory. A client that leaves ends the wait at once.
 */
final class CallOutput<T> {
    private final ServerCallStreamObserver<T> observer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Runnable whenCancelled = () -> {};
    private boolean cancelled;

    /** To be made in the service method itself, before it returns. */
    CallOutput(StreamObserver<T> observer) {
        this.observer = (ServerCallStreamObserver<T>) observer;
        this.observer.setOnReadyHandler(this::wake);
        this.observer.setOnCancelHandler(this::cancel);
    }

    private void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void cancel() {
        Runnable then;
        lock.lock();
        try {
            cancelled = true;
            then = whenCancelled;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        then.run();
    }

    /** Runs when the client leaves; at once when it has. */
    void onCancel(Runnable then) {
        boolean already;
        lock.lock();
        try {
            whenCancelled = then;
            already = cancelled;
        } finally {
            lock.unlock();
        }
        if (already) {
            then.run();
        }
    }

    /** @throws CancellationException when the client has left */
    void send(T message) throws InterruptedException {
        awaitReady();
        observer.onNext(message);
    }

    /** Leaves the message out when the client does not keep up: for progress, which a later message supersedes. */
    void offer(T message) {
        if (observer.isReady()) {
            observer.onNext(message);
        }
    }

    private void awaitReady() throws InterruptedException {
        if (observer.isReady()) {
            return;
        }
        lock.lockInterruptibly();
        try {
            while (!observer.isReady()) {
                requireClient();
                changed.await();
            }
            requireClient();
        } finally {
            lock.unlock();
        }
    }

    /** @throws CancellationException when the client has left or leaves meanwhile */
    void pause(long millis) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
            while (nanos > 0) {
                requireClient();
                nanos = changed.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    private void requireClient() {
        if (cancelled || observer.isCancelled()) {
            throw new CancellationException("the client has left");
        }
    }

    void complete() {
        if (!observer.isCancelled()) {
            observer.onCompleted();
        }
    }

    void fail(Throwable failure) {
        if (!observer.isCancelled()) {
            observer.onError(CallFailures.of(failure));
        }
    }
}
