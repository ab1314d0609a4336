package io.flotilla.gateway.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection in stages (RFC 9112, 9.6): sends what is to be sent and then the end of the stream, throws away what
 * the client still sends until it closes too, and closes at a deadline. Closing at once would reset the connection, and a
 * reset takes from the client an answer it has not read yet. Stands before the HTTP decoder, so that nothing that comes
 * after the answer is taken for a request. On the connection's event loop.
 */
final class LingeringClose extends ChannelInboundHandlerAdapter {
    /** As nginx's lingering_time. */
    private static final int DEADLINE_SECONDS = 30;

    private @Nullable Future<?> deadline;

    private LingeringClose() {}

    static void begin(Channel channel) {
        channel.pipeline().addFirst(new LingeringClose());
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
                .addListener((ChannelFutureListener) LingeringClose::shutdownOutput);
        channel.config().setAutoRead(true);
    }

    /** A failure means that the connection is gone, which ends everything here too. */
    private static void shutdownOutput(ChannelFuture flushed) {
        var _ = ((DuplexChannel) flushed.channel()).shutdownOutput();
    }

    /** True from {@link #begin} on: a request that came with the last one must not be carried out. */
    static boolean isUnderWay(HttpConnection connection) {
        return ((ConnectionBase) connection).channel().pipeline().get(LingeringClose.class) != null;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        deadline = context.executor().schedule(() -> close(context), DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    private static void close(ChannelHandlerContext context) {
        var _ = context.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }
}
