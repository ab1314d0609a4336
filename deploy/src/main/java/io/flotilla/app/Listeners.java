package io.flotilla.app;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Where Docker clients connect: Quarkus listens on the unix socket, this adds the TCP addresses with the same routes, and
 * gives the socket the rights dockerd gives its own.
 */
@Singleton
class Listeners {
    private static final int LISTEN_SECONDS = 10;
    private static final int MAX_HEADER_BYTES = 64 * 1024;

    private final Vertx vertx;
    private final Router router;

    @Inject
    Listeners(Vertx vertx, Router router) {
        this.vertx = vertx;
        this.router = router;
    }

    /** @throws IOException naming the address when it can't be listened on */
    void listen(InetSocketAddress address) throws IOException, InterruptedException {
        HttpServerOptions options = new HttpServerOptions()
                .setMaxHeaderSize(MAX_HEADER_BYTES)
                .setMaxInitialLineLength(MAX_HEADER_BYTES)
                .setHost(address.getAddress().getHostAddress())
                .setPort(address.getPort());
        try {
            vertx.createHttpServer(options)
                    .requestHandler(router)
                    .listen()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(LISTEN_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("cannot listen on tcp:/" + address + ": " + e.getCause(), e);
        }
    }

    /** Root and the group docker, as users of dockerd know it; only root where there is no such group. */
    static void restrict(Path socket) throws IOException {
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw----"));
        try {
            GroupPrincipal docker =
                    socket.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName("docker");
            Files.getFileAttributeView(socket, PosixFileAttributeView.class).setGroup(docker);
        } catch (UserPrincipalNotFoundException e) {
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        }
    }
}
