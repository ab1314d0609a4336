package io.flotilla.gateway.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.rpc.AttachOptions;
import io.flotilla.bus.rpc.AttachRequest;
import io.flotilla.bus.rpc.ContainerRef;
import io.flotilla.bus.rpc.ContainerServiceGrpc;
import io.flotilla.bus.rpc.ControlGrpc;
import io.flotilla.bus.rpc.ExecuteReply;
import io.flotilla.bus.rpc.ExecuteRequest;
import io.flotilla.bus.rpc.LoadImageReply;
import io.flotilla.bus.rpc.LoadImageRequest;
import io.flotilla.bus.rpc.LogFrame;
import io.flotilla.bus.rpc.LogFrames;
import io.flotilla.bus.rpc.LogsRequest;
import io.flotilla.bus.rpc.NodeServiceGrpc;
import io.flotilla.bus.rpc.NotLeader;
import io.flotilla.bus.rpc.Observation;
import io.flotilla.bus.rpc.StreamFrame;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeBuilder;
import io.flotilla.bus.schema.NodeSpecBuilder;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.gateway.error.ApiException;
import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class GrpcClientsTest {
    private final List<Server> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(server -> {
            var _ = server.shutdownNow();
        });
    }

    private String serve(BindableService service) throws IOException {
        Server server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(service)
                .build()
                .start();
        servers.add(server);
        return "127.0.0.1:" + server.getPort();
    }

    private static ManagedChannel dial(String address) {
        return Grpc.newChannelBuilder(address, InsecureChannelCredentials.create())
                .build();
    }

    private static String nobody() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return "127.0.0.1:" + socket.getLocalPort();
        }
    }

    private static ControlGrpc.ControlImplBase manager(AtomicInteger asked, ExecuteReply answer) {
        return new ControlGrpc.ControlImplBase() {
            @Override
            public void execute(ExecuteRequest request, StreamObserver<ExecuteReply> replies) {
                asked.incrementAndGet();
                replies.onNext(answer);
                replies.onCompleted();
            }
        };
    }

    @Test
    void aCommandFindsTheLeaderAndThenKeepsToIt() throws IOException {
        AtomicInteger followerAsked = new AtomicInteger();
        AtomicInteger leaderAsked = new AtomicInteger();
        Reply done = new Reply.Done(7, "id", List.of(), List.of(), null);
        String leader = serve(manager(
                leaderAsked,
                ExecuteReply.newBuilder()
                        .setReply(ByteString.copyFrom(Codec.JSON.encode(done)))
                        .build()));
        String follower = serve(manager(
                followerAsked,
                ExecuteReply.newBuilder()
                        .setNotLeader(NotLeader.newBuilder().setLeaderAddress(leader))
                        .build()));
        try (ManagerClient client = new GrpcManagerClient(List.of(nobody(), follower), GrpcClientsTest::dial)) {
            assertThat(client.execute(new Command.RemoveService("x"))).isEqualTo(done);
            assertThat(client.execute(new Command.RemoveService("y"))).isEqualTo(done);
        }
        assertThat(followerAsked).hasValue(1);
        assertThat(leaderAsked).hasValue(2);
    }

    @Test
    void aCommandThatMayHaveRunIsNotSentAgain() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        String address = serve(new ControlGrpc.ControlImplBase() {
            @Override
            public void execute(ExecuteRequest request, StreamObserver<ExecuteReply> replies) {
                asked.incrementAndGet();
                replies.onError(Status.UNAVAILABLE.withDescription("going down").asRuntimeException());
            }
        });
        try (ManagerClient client = new GrpcManagerClient(List.of(address), GrpcClientsTest::dial)) {
            assertThatThrownBy(() -> client.execute(new Command.RemoveService("x")))
                    .isInstanceOfSatisfying(
                            ApiException.class, e -> assertThat(e.status()).isEqualTo(503))
                    .hasMessageContaining("the change may have been made");
        }
        assertThat(asked).hasValue(1);
    }

    private static Node node(String address) {
        Instant now = Instant.EPOCH;
        return NodeBuilder.builder()
                .id("n1")
                .version(new ObjectVersion(1))
                .createdAt(now)
                .updatedAt(now)
                .spec(NodeSpecBuilder.builder().build())
                .agentAddress(address)
                .build();
    }

    @Test
    void aSlowReaderHoldsTheNodeBackAndLeavingEndsTheCall() throws Exception {
        AtomicLong sent = new AtomicLong();
        CountDownLatch cancelled = new CountDownLatch(1);
        String address = serve(new NodeServiceGrpc.NodeServiceImplBase() {
            @Override
            public void logs(LogsRequest request, StreamObserver<LogFrames> replies) {
                var call = (ServerCallStreamObserver<LogFrames>) replies;
                call.setOnCancelHandler(cancelled::countDown);
                LogFrame line = LogFrame.newBuilder()
                        .setStream(1)
                        .setLine(ByteString.copyFrom(new byte[16 << 10]))
                        .build();
                call.setOnReadyHandler(() -> {
                    while (call.isReady()) {
                        call.onNext(LogFrames.newBuilder().addFrames(line).build());
                        sent.incrementAndGet();
                    }
                });
            }
        });
        try (NodeClient client = new GrpcNodeClient(new NodeChannels(GrpcClientsTest::dial))) {
            NodeStream<LogFrame> stream = client.logs(node(address), LogsRequest.getDefaultInstance());
            for (int i = 0; i < 1000; i++) {
                assertThat(stream.next()).isNotNull();
            }
            // what is on its way is bounded by the messages asked for and HTTP/2's window, not by the reader
            assertThat(sent.get()).isLessThan(2000);
            stream.close();
            assertThat(stream.next()).isNull();
            assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aNodesRefusalHasItsStatusAndWords() throws IOException {
        String address = serve(new ContainerServiceGrpc.ContainerServiceImplBase() {
            @Override
            public void pauseContainer(ContainerRef request, StreamObserver<Observation> replies) {
                replies.onError(Status.FAILED_PRECONDITION
                        .withDescription("container x is not running")
                        .asRuntimeException());
            }
        });
        String gone = nobody();
        try (ContainerClient client = new GrpcContainerClient(new NodeChannels(GrpcClientsTest::dial))) {
            assertThatThrownBy(() -> client.pause(node(address), "x"))
                    .isInstanceOfSatisfying(
                            ApiException.class, e -> assertThat(e.status()).isEqualTo(409))
                    .hasMessage("container x is not running");
            assertThatThrownBy(() -> client.pause(node(gone), "x"))
                    .isInstanceOfSatisfying(
                            ApiException.class, e -> assertThat(e.status()).isEqualTo(503))
                    .hasMessageContaining("node n1 does not answer");
        }
    }

    @Test
    void aSessionGoesOnAfterTheEndOfItsInputAndANodeThatDoesNotReadHoldsTheWriterBack() throws Exception {
        AtomicLong received = new AtomicLong();
        CountDownLatch cancelled = new CountDownLatch(1);
        String address = serve(new ContainerServiceGrpc.ContainerServiceImplBase() {
            @Override
            public StreamObserver<AttachRequest> attach(StreamObserver<StreamFrame> replies) {
                var call = (ServerCallStreamObserver<StreamFrame>) replies;
                call.disableAutoRequest();
                call.setOnCancelHandler(cancelled::countDown);
                call.request(2);
                return new StreamObserver<>() {
                    @Override
                    public void onNext(AttachRequest part) {
                        if (part.hasOptions()) {
                            replies.onNext(StreamFrame.getDefaultInstance());
                        }
                        received.addAndGet(part.getStdin().size());
                        if (part.getStdinClosed()) {
                            replies.onNext(StreamFrame.newBuilder().setStream(1).build());
                        }
                    }

                    @Override
                    public void onError(Throwable failure) {}

                    @Override
                    public void onCompleted() {}
                };
            }
        });
        try (ContainerClient client = new GrpcContainerClient(new NodeChannels(GrpcClientsTest::dial))) {
            NodeSession ended = client.attach(node(address), AttachOptions.getDefaultInstance());
            assertThat(ended.next()).isNotNull();
            ended.closeInput();
            assertThat(ended.next()).isNotNull();
            ended.close();
            NodeSession session = client.attach(node(address), AttachOptions.getDefaultInstance());
            assertThat(session.next()).isNotNull();
            byte[] piece = new byte[64 << 10];
            AtomicLong taken = new AtomicLong();
            Thread writer = Thread.ofVirtual().start(() -> {
                while (session.write(piece)) {
                    taken.addAndGet(piece.length);
                }
            });
            while (received.get() == 0 || writer.getState() != Thread.State.WAITING) {
                Thread.onSpinWait(); // bounded by the class' timeout
            }
            assertThat(received).hasValue(piece.length);
            assertThat(taken.get()).isLessThan(4 << 20);
            session.close();
            writer.join();
            assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void anArchiveGoesToTheNodeWhole() throws IOException {
        AtomicLong bytes = new AtomicLong();
        String address = serve(new NodeServiceGrpc.NodeServiceImplBase() {
            @Override
            public StreamObserver<LoadImageRequest> loadImage(StreamObserver<LoadImageReply> replies) {
                return new StreamObserver<>() {
                    @Override
                    public void onNext(LoadImageRequest chunk) {
                        bytes.addAndGet(chunk.getData().size());
                    }

                    @Override
                    public void onError(Throwable failure) {}

                    @Override
                    public void onCompleted() {
                        replies.onNext(LoadImageReply.getDefaultInstance());
                        replies.onCompleted();
                    }
                };
            }
        });
        byte[] archive = new byte[5_000_001];
        try (NodeClient client = new GrpcNodeClient(new NodeChannels(GrpcClientsTest::dial));
                NodeStream<LoadImageReply> replies = client.load(node(address), new ByteArrayInputStream(archive))) {
            assertThat(replies.next()).isNotNull();
            assertThat(replies.next()).isNull();
        }
        assertThat(bytes).hasValue(archive.length);
    }
}
