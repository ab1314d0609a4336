package io.flotilla.gateway.rpc;

import com.google.protobuf.ByteString;
import io.flotilla.bus.node.NodeUsage;
import io.flotilla.bus.rpc.Empty;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.rpc.LoadImageReply;
import io.flotilla.bus.rpc.LoadImageRequest;
import io.flotilla.bus.rpc.LogFrame;
import io.flotilla.bus.rpc.LogFrames;
import io.flotilla.bus.rpc.LogsRequest;
import io.flotilla.bus.rpc.NodeServiceGrpc;
import io.flotilla.bus.rpc.NodeServiceGrpc.NodeServiceBlockingStub;
import io.flotilla.bus.rpc.StatsRequest;
import io.flotilla.bus.rpc.TopRequest;
import io.flotilla.bus.schema.ContainerTopResponse;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.SystemInfo;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** NodeService by gRPC, at the address the node's agent reported. */
final class GrpcNodeClient implements NodeClient {
    /** For what a node does by itself; stopping and streams last as long as they last. */
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private static final int UPLOAD_CHUNK_BYTES = 128 << 10;

    private final NodeChannels channels;

    GrpcNodeClient(NodeChannels channels) {
        this.channels = channels;
    }

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
    public NodeStream<LogFrame> logs(Node node, LogsRequest request) {
        return GrpcStream.start(channels.to(node), NodeServiceGrpc.getLogsMethod(), NodeChannels.name(node))
                .ask(request)
                .split(LogFrames::getFramesList);
    }

    @Override
    public NodeStream<byte[]> stats(Node node, StatsRequest request) {
        return GrpcStream.start(channels.to(node), NodeServiceGrpc.getStatsMethod(), NodeChannels.name(node))
                .ask(request)
                .map(sample -> sample.getJson().toByteArray());
    }

    @Override
    public NodeStream<LoadImageReply> load(Node node, InputStream archive) {
        GrpcStream<LoadImageRequest, LoadImageReply> stream =
                GrpcStream.start(channels.to(node), NodeServiceGrpc.getLoadImageMethod(), NodeChannels.name(node));
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
        return NodeChannels.ask(node, NodeServiceGrpc.newBlockingStub(channels.to(node)), deadline, call);
    }

    private static <T> T json(Node node, Json answer, Class<T> type) {
        return NodeChannels.json(node, answer, type);
    }

    @Override
    public void close() {
        channels.close();
    }
}
