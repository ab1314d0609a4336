package io.flotilla.gateway.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.unix.DomainSocketChannel;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.Http1xServerConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 connection that has become a plain duplex one ("hijacked", as Go says). Vert.x offers that for CONNECT and
 * GET only, Docker's clients use POST, hence the work on Vert.x's own pipeline. The handler's methods run on the
 * connection's event loop.
 *
 * <p>A client that closes its half and one that leaves look the same until something is written to it, so after the first
 * a unix socket is probed, and TCP keeps alive often.
 */
final class HijackedConnection extends ChannelInboundHandlerAdapter implements ClientConnection {
    private static final int TAKE_SECONDS = 10;
    private static final int CLOSE_SECONDS = 30;
    private static final int PROBE_SECONDS = 2;
    private static final int KEEPALIVE_IDLE_SECONDS = 15;
    private static final int KEEPALIVE_INTERVAL_SECONDS = 5;
    private static final int KEEPALIVE_PROBES = 3;
    /** Vert.x's own handler, the last of the pipeline. */
    private static final String LAST_HANDLER = "handler";

    private final Channel channel;
    private final Departure departure = new Departure();
    private final ByteInbox inbox;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition writable = lock.newCondition();

    private HijackedConnection(Channel channel) {
        this.channel = channel;
        this.inbox = new ByteInbox(channel::read);
        departure.then(inbox::end);
        departure.then(this::wakeWriter);
    }

    /**
     * Answers a request with this head and takes its connection over. Blocks.
     *
     * @param head status line and headers with the empty line after them
     * @throws IOException when the client has left
     */
    static HijackedConnection take(HttpServerRequest request, String head) throws IOException {
        if (!(request.connection() instanceof Http1xServerConnection http)) {
            throw new IOException("only a connection of HTTP/1.1 can be taken over");
        }
        HijackedConnection connection = new HijackedConnection(http.channel());
        CompletableFuture<HijackedConnection> taken = new CompletableFuture<>();
        connection.channel.eventLoop().execute(() -> bodyRead(request)
                .onFailure(taken::completeExceptionally)
                .onSuccess(ignored -> connection.install(http, head, taken)));
        try {
            return taken.get(TAKE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            connection.cut();
            throw new IOException("cannot take over a client's connection: " + e, e);
        } catch (InterruptedException e) {
            connection.cut();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while taking over a client's connection", e);
        }
    }

    /** The bytes after it are not HTTP any more. On the event loop, so that the end cannot come in between. */
    private static Future<Void> bodyRead(HttpServerRequest request) {
        // one that was read to its end and left paused does not count as ended
        request.resume();
        return request.isEnded() ? Future.succeededFuture() : request.end();
    }

    private void install(Http1xServerConnection http, String head, CompletableFuture<HijackedConnection> taken) {
        channel.config().setAutoRead(false);
        // without it the end of the client's half ends the connection
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        keepAlive();
        channel.pipeline().addBefore(LAST_HANDLER, "hijacked", this);
        channel.pipeline()
                .context(HttpResponseEncoder.class)
                .writeAndFlush(Unpooled.copiedBuffer(head, StandardCharsets.ISO_8859_1))
                .addListener(written -> {
                    if (!written.isSuccess()) {
                        taken.completeExceptionally(written.cause());
                        return;
                    }
                    http.netSocket().onComplete(removed -> {
                        if (removed.failed()) {
                            taken.completeExceptionally(removed.cause());
                        } else {
                            taken.complete(this);
                        }
                    });
                });
    }

    /** Unix sockets do not know these, which is no failure. */
    private void keepAlive() {
        if (channel instanceof DomainSocketChannel) {
            return;
        }
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
        channel.config().setOption(EpollChannelOption.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS);
        channel.config().setOption(EpollChannelOption.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SECONDS);
        channel.config().setOption(EpollChannelOption.TCP_KEEPCNT, KEEPALIVE_PROBES);
    }

    @Override
    public byte @Nullable [] read() {
        return inbox.take();
    }

    @Override
    public void write(byte[] bytes) throws Sink.ClientGone {
        lock.lock();
        try {
            while (!channel.isWritable() && !gone()) {
                writable.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        if (gone()) {
            throw new Sink.ClientGone();
        }
        ChannelHandlerContext here = channel.pipeline().context(this);
        if (here != null) {
            here.writeAndFlush(Unpooled.wrappedBuffer(bytes)).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        }
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
        var _ = channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        var late = channel.eventLoop().schedule(this::cut, CLOSE_SECONDS, TimeUnit.SECONDS);
        var _ = channel.closeFuture().addListener(closed -> late.cancel(false));
    }

    private void cut() {
        var _ = channel.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf bytes) {
            inbox.add(ByteBufUtil.getBytes(bytes));
            ReferenceCountUtil.release(bytes);
        } else {
            context.fireChannelRead(message); // the end of the request
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        inbox.answered();
        context.fireChannelReadComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent || event instanceof SslCloseCompletionEvent) {
            inbox.end();
            if (channel instanceof DomainSocketChannel socket) {
                probe(socket);
            }
        }
        context.fireUserEventTriggered(event);
    }

    /** Writing nothing to a unix socket fails with EPIPE once the other end is closed, not only its writing half. */
    private void probe(DomainSocketChannel socket) {
        ByteBuffer nothing = ByteBuffer.allocateDirect(1);
        var probing = channel.eventLoop()
                .scheduleWithFixedDelay(
                        () -> {
                            try {
                                var _ = socket.fd().write(nothing, 0, 0);
                            } catch (IOException e) {
                                cut(); // that is how it is noticed that nobody is there
                            }
                        },
                        0,
                        PROBE_SECONDS,
                        TimeUnit.SECONDS);
        var _ = channel.closeFuture().addListener(closed -> probing.cancel(false));
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        wakeWriter();
        context.fireChannelWritabilityChanged();
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
    public void channelInactive(ChannelHandlerContext context) {
        departure.happen();
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        cut(); // the client broke it
    }
}
