package io.flotilla.gateway.rpc;

import com.google.protobuf.ByteString;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.node.NodeUsage;
import io.flotilla.bus.rpc.Empty;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.rpc.LoadImageReply;
import io.flotilla.bus.rpc.LoadImageRequest;
import io.flotilla.bus.rpc.LogFrame;
import io.flotilla.bus.rpc.LogsRequest;
import io.flotilla.bus.rpc.NodeServiceGrpc;
import io.flotilla.bus.rpc.NodeServiceGrpc.NodeServiceBlockingStub;
import io.flotilla.bus.rpc.RemoveRequest;
import io.flotilla.bus.rpc.SignalRequest;
import io.flotilla.bus.rpc.StatsRequest;
import io.flotilla.bus.rpc.StopRequest;
import io.flotilla.bus.rpc.TopRequest;
import io.flotilla.bus.schema.ContainerTopResponse;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.SystemInfo;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.error.GrpcFailures;
import io.flotilla.gateway.view.Lookup;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** NodeService by gRPC, at the address the node's agent reported. */
public final class GrpcNodeClient implements NodeClient {
    /** For what a node does by itself; stopping and streams last as long as they last. */
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private static final int UPLOAD_CHUNK_BYTES = 128 << 10;

    private final Channels channels = new Channels();

    @Override
    public SystemInfo info(Node node) {
        return ask(node, DEADLINE, stub -> json(node, stub.info(Empty.getDefaultInstance()), SystemInfo.class));
    }

    @Override
    public NodeUsage usage(Node node) {
        return ask(node, DEADLINE, stub -> json(node, stub.diskUsage(Empty.getDefaultInstance()), NodeUsage.class));
    }

    @Override
    public ContainerTopResponse top(Node node, String containerId, String psArguments) {
        TopRequest request = TopRequest.newBuilder()
                .setContainerId(containerId)
                .setPsArgs(psArguments)
                .build();
        return ask(node, DEADLINE, stub -> json(node, stub.top(request), ContainerTopResponse.class));
    }

    @Override
    public void signal(Node node, SignalRequest request) {
        var _ = ask(node, DEADLINE, stub -> stub.signal(request));
    }

    @Override
    public void stop(Node node, StopRequest request) {
        // the container's own grace time decides; the node kills after it, so the call ends
        var _ = ask(node, null, stub -> stub.stop(request));
    }

    @Override
    public void remove(Node node, RemoveRequest request) {
        var _ = ask(node, null, stub -> stub.remove(request));
    }

    @Override
    public NodeStream<LogFrame> logs(Node node, LogsRequest request) {
        return GrpcStream.start(channel(node), NodeServiceGrpc.getLogsMethod(), name(node))
                .ask(request);
    }

    @Override
    public NodeStream<byte[]> stats(Node node, StatsRequest request) {
        GrpcStream<StatsRequest, Json> stream = GrpcStream.start(
                        channel(node), NodeServiceGrpc.getStatsMethod(), name(node))
                .ask(request);
        return new NodeStream<>() {
            @Override
            public byte @Nullable [] next() {
                Json json = stream.next();
                return json == null ? null : json.getJson().toByteArray();
            }

            @Override
            public void close() {
                stream.close();
            }
        };
    }

    @Override
    public NodeStream<LoadImageReply> load(Node node, InputStream archive) {
        GrpcStream<LoadImageRequest, LoadImageReply> stream =
                GrpcStream.start(channel(node), NodeServiceGrpc.getLoadImageMethod(), name(node));
        var _ = Thread.ofVirtual().name("image upload").start(() -> upload(archive, stream));
        return stream;
    }

    private static void upload(InputStream archive, GrpcStream<LoadImageRequest, LoadImageReply> stream) {
        try {
            byte[] buffer = new byte[UPLOAD_CHUNK_BYTES];
            for (int read = archive.read(buffer); read >= 0; read = archive.read(buffer)) {
                LoadImageRequest chunk = LoadImageRequest.newBuilder()
                        .setData(ByteString.copyFrom(buffer, 0, read))
                        .build();
                if (read > 0 && !stream.send(chunk)) {
                    return; // the node has answered already, most likely with a refusal
                }
            }
            stream.sent();
        } catch (IOException e) {
            stream.cancel("the client broke off the upload", e);
        }
    }

    private <T> T ask(Node node, @Nullable Duration deadline, Function<NodeServiceBlockingStub, T> call) {
        NodeServiceBlockingStub stub = NodeServiceGrpc.newBlockingStub(channel(node));
        if (deadline != null) {
            stub = stub.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS);
        }
        try {
            return call.apply(stub);
        } catch (StatusRuntimeException e) {
            throw GrpcFailures.asFailure(e, name(node));
        }
    }

    private ManagedChannel channel(Node node) {
        String address = node.agentAddress();
        if (address == null || address.isEmpty()) {
            throw ApiException.unavailable(name(node) + " has not said where its agent listens");
        }
        return channels.to(address);
    }

    private static <T> T json(Node node, Json answer, Class<T> type) {
        try {
            return Codec.JSON.decode(answer.getJson().toByteArray(), type);
        } catch (IOException e) {
            throw new ApiException(500, "cannot read the answer of " + name(node) + ": " + e.getMessage(), e);
        }
    }

    private static String name(Node node) {
        String hostname = Lookup.hostname(node);
        return "node " + (hostname == null ? node.id() : hostname);
    }

    @Override
    public void close() {
        channels.close();
    }
}
