package io.flotilla.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.agent.image.BusyboxImage;
import io.flotilla.agent.image.registry.RegistryOptions;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.rpc.LoadImageReply;
import io.flotilla.bus.rpc.LoadImageRequest;
import io.flotilla.bus.rpc.NodeServiceGrpc;
import io.flotilla.bus.schema.NodeSpec;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * An agent of this kernel with its services on loopback, as a test drives it: real runtime, images and network, the bus in
 * memory. It can be stopped and started anew over what it left; closing it checks that no kernel object stays. Needs root
 * and busybox-static.
 */
final class LiveAgent implements AutoCloseable {
    static final String NODE = "node1";

    final LiveBus bus = new LiveBus();
    final Cluster cluster = new Cluster(bus, NODE);
    final Instance instance;
    /** ID of busybox, which the node has as box:latest. */
    final String image;

    private final AtomicReference<@Nullable Throwable> bug = new AtomicReference<>();
    private Agent agent;
    private Server server;
    private ManagedChannel channel;

    /** @param name of the instance, so that its kernel objects can be told from those of others */
    LiveAgent(String name, Path folder) throws Exception {
        instance = new Instance(name, folder.resolve("data"), folder.resolve("run"));
        start();
        image = load(BusyboxImage.archive());
    }

    void start() throws IOException {
        agent = Agent.open(new AgentConfig(
                NODE,
                "host1",
                NodeSpec.Role.MANAGER,
                instance,
                bus,
                "agent1",
                "0.1.0",
                Map.of(),
                List.of(),
                address -> NettyChannelBuilder.forTarget(address).usePlaintext().build(),
                RegistryOptions.defaults(),
                bug::set));
        agent.start();
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addServices(agent.services())
                .build()
                .start();
        channel = NettyChannelBuilder.forTarget(address()).usePlaintext().build();
    }

    private String load(byte[] archive) throws Exception {
        CompletableFuture<String> image = new CompletableFuture<>();
        StreamObserver<LoadImageRequest> upload = NodeServiceGrpc.newStub(channel)
                .loadImage(new StreamObserver<>() {
                    @Override
                    public void onNext(LoadImageReply reply) {
                        if (reply.hasLoaded()) {
                            image.complete(reply.getLoaded().getImage(0).toStringUtf8());
                        }
                    }

                    @Override
                    public void onError(Throwable failure) {
                        image.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {}
                });
        for (int from = 0; from < archive.length; from += 1 << 16) {
            upload.onNext(LoadImageRequest.newBuilder()
                    .setData(ByteString.copyFrom(archive, from, Math.min(1 << 16, archive.length - from)))
                    .build());
        }
        upload.onCompleted();
        return Codec.JSON
                .mapper()
                .readTree(image.get(30, TimeUnit.SECONDS))
                .path("id")
                .asText();
    }

    /** To its services; another one after each start. */
    ManagedChannel channel() {
        return channel;
    }

    /** Of its services, as host:port. */
    String address() {
        return "127.0.0.1:" + server.getPort();
    }

    /** Its containers go on. */
    void stop() throws IOException {
        channel.shutdownNow();
        server.shutdownNow();
        agent.close();
    }

    @Override
    public void close() throws IOException {
        stop();
        Agent.removeKernelObjects(instance);
        assertThat(bug.get()).isNull();
        assertThat(Path.of("/sys/class/net/" + instance.bridge())).doesNotExist();
        assertThat(Files.readString(Path.of("/proc/self/mounts")))
                .doesNotContain(instance.dataDir().toString());
    }
}
