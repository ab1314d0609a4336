package io.flotilla.agent.csi.plugin;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** gRPC over UNIX sockets, for all plugins of the node on one thread, which is there from the first plugin on. */
final class UnixSockets implements AutoCloseable {
    /** sun_path of unix(7), with its ending zero. */
    private static final int MOST_PATH_BYTES = 107;

    private static final int CLOSE_SECONDS = 5;

    private @Nullable EpollEventLoopGroup loops;

    /** @throws PluginFailure when this JVM has no UNIX sockets for gRPC, or the path is no socket's */
    synchronized ManagedChannel channel(Path socket) throws PluginFailure {
        if (!Epoll.isAvailable()) {
            throw new PluginFailure("CSI plugins can't be reached from " + System.getProperty("os.arch")
                    + ": gRPC has no UNIX sockets here: "
                    + Epoll.unavailabilityCause().getMessage());
        }
        if (socket.toString().getBytes(StandardCharsets.UTF_8).length > MOST_PATH_BYTES) {
            throw new PluginFailure(
                    socket + " is longer than the " + MOST_PATH_BYTES + " bytes a socket's path can have");
        }
        if (loops == null) {
            loops = new EpollEventLoopGroup(
                    1, Thread.ofPlatform().name("agent-csi-", 0).daemon().factory());
        }
        return NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollDomainSocketChannel.class)
                .eventLoopGroup(loops)
                .usePlaintext()
                // a path is none, and servers refuse it
                .overrideAuthority("localhost")
                .build();
    }

    @Override
    public synchronized void close() {
        if (loops != null) {
            loops.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
            loops = null;
        }
    }
}
