package io.flotilla.gateway.rpc;

import com.google.protobuf.ByteString;
import io.flotilla.bus.rpc.Chunk;
import io.flotilla.bus.rpc.ImageServiceGrpc;
import io.flotilla.bus.rpc.ImageServiceGrpc.ImageServiceBlockingStub;
import io.flotilla.bus.rpc.ImportOptions;
import io.flotilla.bus.rpc.ImportRequest;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.rpc.ProgressOrImages;
import io.flotilla.bus.rpc.PullRequest;
import io.flotilla.bus.rpc.PushRequest;
import io.flotilla.bus.rpc.RegistryRequest;
import io.flotilla.bus.rpc.SaveRequest;
import io.flotilla.bus.rpc.SearchRequest;
import io.flotilla.bus.schema.Node;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.Function;

/** ImageService by gRPC, at the address the node's agent reported. */
final class GrpcImageClient implements ImageClient {
    /** A registry that answers slowly is tried several times; the node gives up before this. */
    private static final Duration DEADLINE = Duration.ofMinutes(10);

    private static final int UPLOAD_CHUNK_BYTES = 128 << 10;

    private final NodeChannels channels;

    GrpcImageClient(NodeChannels channels) {
        this.channels = channels;
    }

    @Override
    public NodeStream<ProgressOrImages> pull(Node node, PullRequest request) {
        return GrpcStream.start(channels.to(node), ImageServiceGrpc.getPullMethod(), NodeChannels.name(node))
                .ask(request);
    }

    @Override
    public NodeStream<ProgressOrImages> push(Node node, PushRequest request) {
        return GrpcStream.start(channels.to(node), ImageServiceGrpc.getPushMethod(), NodeChannels.name(node))
                .ask(request);
    }

    @Override
    public NodeStream<Chunk> save(Node node, SaveRequest request) {
        return GrpcStream.start(channels.to(node), ImageServiceGrpc.getSaveMethod(), NodeChannels.name(node))
                .ask(request);
    }

    @Override
    public NodeStream<ProgressOrImages> importTar(Node node, ImportOptions options, InputStream tar) {
        GrpcStream<ImportRequest, ProgressOrImages> stream =
                GrpcStream.start(channels.to(node), ImageServiceGrpc.getImportMethod(), NodeChannels.name(node));
        var _ = Thread.ofVirtual().name("image import").start(() -> upload(options, tar, stream));
        return stream;
    }

    private static void upload(
            ImportOptions options, InputStream tar, GrpcStream<ImportRequest, ProgressOrImages> stream) {
        try {
            boolean taken =
                    stream.send(ImportRequest.newBuilder().setOptions(options).build());
            byte[] buffer = new byte[UPLOAD_CHUNK_BYTES];
            int read = taken ? tar.read(buffer) : -1;
            while (taken && read >= 0) {
                if (read > 0) {
                    taken = stream.send(ImportRequest.newBuilder()
                            .setData(ByteString.copyFrom(buffer, 0, read))
                            .build());
                }
                read = tar.read(buffer);
            }
            stream.sent();
        } catch (IOException e) {
            stream.cancel("the client broke off the upload", e);
        }
    }

    @Override
    public byte[] inspectDistribution(Node node, RegistryRequest request) {
        return ask(node, stub -> stub.inspectDistribution(request));
    }

    @Override
    public byte[] checkAuth(Node node, byte[] authConfig) {
        Json json = Json.newBuilder().setJson(ByteString.copyFrom(authConfig)).build();
        return ask(node, stub -> stub.checkAuth(json));
    }

    @Override
    public byte[] search(Node node, SearchRequest request) {
        return ask(node, stub -> stub.search(request));
    }

    private byte[] ask(Node node, Function<ImageServiceBlockingStub, Json> call) {
        return NodeChannels.ask(node, ImageServiceGrpc.newBlockingStub(channels.to(node)), DEADLINE, call)
                .getJson()
                .toByteArray();
    }

    @Override
    public void close() {
        channels.close();
    }
}
