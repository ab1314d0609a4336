package io.flotilla.app;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The gRPC services of this process on a socket that only its own user can open: on one machine that is what keeps others
 * from the cluster's control. Calls run on platform threads, because the node's make native calls.
 */
final class RpcServer implements AutoCloseable {
    private static final int CLOSE_SECONDS = 5;
    // a chunk of an image or a log frame; far above what a command or an answer takes
    static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

    private final EpollEventLoopGroup loops = new EpollEventLoopGroup(1);
    private final ExecutorService calls = Executors.newCachedThreadPool(
            Thread.ofPlatform().name("rpc-", 0).daemon().factory());
    private final Server server;
    private final Path socket;

    private RpcServer(Path socket, List<ServerServiceDefinition> services) {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .executor(calls)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES);
        services.forEach(builder::addService);
        this.server = builder.build();
        this.socket = socket;
    }

    static RpcServer start(Path socket, List<ServerServiceDefinition> services) throws IOException {
        Files.deleteIfExists(socket);
        RpcServer server = new RpcServer(socket, services);
        server.server.start();
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        return server;
    }

    /** The gRPC target others of this machine reach the services at. */
    static String target(Path socket) {
        return "unix://" + socket.toAbsolutePath();
    }

    @Override
    public void close() throws IOException {
        server.shutdown();
        try {
            if (!server.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                server.shutdownNow();
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
        calls.shutdownNow();
        loops.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
        Files.deleteIfExists(socket);
    }
}
