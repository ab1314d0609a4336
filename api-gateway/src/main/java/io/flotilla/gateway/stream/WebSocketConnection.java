package io.flotilla.gateway.stream;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A client's web socket: bytes in whatever messages they come, and in binary ones back. */
final class WebSocketConnection implements ClientConnection {
    private static final int TAKE_SECONDS = 10;

    private final ServerWebSocket socket;
    private final Departure departure = new Departure();
    private final ByteInbox inbox;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition writable = lock.newCondition();

    private WebSocketConnection(ServerWebSocket socket) {
        this.socket = socket;
        this.inbox = new ByteInbox(() -> socket.fetch(1));
        socket.pause();
        socket.handler(bytes -> {
            inbox.add(bytes.getBytes());
            inbox.answered();
        });
        socket.drainHandler(ignored -> wakeWriter());
        socket.exceptionHandler(ignored -> leave());
        socket.closeHandler(ignored -> leave());
    }

    /** Answers a request with the handshake. Blocks. */
    static WebSocketConnection take(HttpServerRequest request) throws IOException {
        CompletableFuture<WebSocketConnection> taken = new CompletableFuture<>();
        request.toWebSocket()
                .map(WebSocketConnection::new)
                .onSuccess(taken::complete)
                .onFailure(taken::completeExceptionally);
        try {
            return taken.get(TAKE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("no web socket: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while opening a web socket", e);
        }
    }

    private void leave() {
        if (departure.happen()) {
            inbox.end();
            wakeWriter();
        }
    }

    private void wakeWriter() {
        lock.lock();
        try {
            writable.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public byte @Nullable [] read() {
        return inbox.take();
    }

    @Override
    public void write(byte[] bytes) throws Sink.ClientGone {
        lock.lock();
        try {
            while (!gone() && socket.writeQueueFull()) {
                writable.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        if (gone()) {
            throw new Sink.ClientGone();
        }
        socket.writeBinaryMessage(Buffer.buffer(bytes)).onFailure(ignored -> leave());
    }

    @Override
    public void onGone(Runnable action) {
        departure.then(action);
    }

    @Override
    public boolean gone() {
        return departure.hasHappened();
    }

    @Override
    public void close() {
        socket.close().onComplete(ignored -> leave());
    }
}
