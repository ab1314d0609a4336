package io.flotilla.agent.nodeapi;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a client uploads, as a stream to read: the next message is asked for when one has been read, so a few are held. */
final class UploadedArchive<Q> extends InputStream implements StreamObserver<Q> {
    private static final int MESSAGES_AHEAD = 4;

    private final ServerCallStreamObserver<?> call;
    private final Function<Q, ByteString> data;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final Deque<ByteString> messages = new ArrayDeque<>();
    private boolean ended;
    private @Nullable String failure;
    private ByteString current = ByteString.EMPTY;
    private int position;

    /** To be made in the service method itself; {@link #begin} lets messages come. @param data of a message */
    UploadedArchive(ServerCallStreamObserver<?> call, Function<Q, ByteString> data) {
        this.call = call;
        this.data = data;
        call.disableAutoRequest();
    }

    void begin() {
        call.request(MESSAGES_AHEAD);
    }

    @Override
    public void onNext(Q message) {
        lock.lock();
        try {
            messages.addLast(data.apply(message));
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onError(Throwable reason) {
        lock.lock();
        try {
            failure = Objects.requireNonNullElse(reason.getMessage(), reason.toString());
            messages.clear();
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onCompleted() {
        lock.lock();
        try {
            ended = true;
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (position == current.size()) {
            if (!next()) {
                return -1;
            }
        }
        int count = Math.min(length, current.size() - position);
        current.copyTo(into, position, offset, count);
        position += count;
        return count;
    }

    private boolean next() throws IOException {
        lock.lock();
        try {
            while (messages.isEmpty() && !ended && failure == null) {
                arrived.await();
            }
            if (failure != null) {
                throw new IOException("the upload was cut off: " + failure);
            }
            if (messages.isEmpty()) {
                return false;
            }
            current = messages.removeFirst();
            position = 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the upload was interrupted", e);
        } finally {
            lock.unlock();
        }
        call.request(1);
        return true;
    }
}
