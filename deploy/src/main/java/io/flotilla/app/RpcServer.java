package io.flotilla.app;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessServerBuilder;
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
 * The gRPC services of this process: for the process itself without a socket, for others on one that only its own user can
 * open, which on one machine is what keeps others from the cluster's control. Calls run on platform threads, because the node's make native calls.
 */
final class RpcServer implements AutoCloseable {
    private static final int CLOSE_SECONDS = 5;
    // a chunk of an image or a log frame; far above what a command or an answer takes
    static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

    private final EpollEventLoopGroup loops = new EpollEventLoopGroup(1);
    private final ExecutorService calls = Executors.newCachedThreadPool(
            Thread.ofPlatform().name("rpc-", 0).daemon().factory());
    private final List<Server> servers;
    private final Path socket;

    private RpcServer(Path socket, List<ServerServiceDefinition> services) {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .executor(calls)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES);
        InProcessServerBuilder within =
                InProcessServerBuilder.forName(target(socket)).executor(calls);
        for (ServerServiceDefinition service : services) {
            builder.addService(service);
            within.addService(service);
        }
        this.servers = List.of(within.build(), builder.build());
        this.socket = socket;
    }

    static RpcServer start(Path socket, List<ServerServiceDefinition> services) throws IOException {
        Files.deleteIfExists(socket);
        RpcServer server = new RpcServer(socket, services);
        for (Server each : server.servers) {
            each.start();
        }
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        return server;
    }

    /** The gRPC target others of this machine reach the services at. */
    static String target(Path socket) {
        return "unix://" + socket.toAbsolutePath();
    }

    @Override
    public void close() throws IOException {
        servers.forEach(Server::shutdown);
        servers.forEach(RpcServer::end);
        calls.shutdownNow();
        loops.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
        Files.deleteIfExists(socket);
    }

    private static void end(Server server) {
        try {
            if (!server.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                server.shutdownNow();
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
