package io.flotilla.gateway.rpc;

import com.google.protobuf.ByteString;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.node.VolumeUsage;
import io.flotilla.bus.rpc.Empty;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.rpc.RemoveVolumeRequest;
import io.flotilla.bus.rpc.VolumeServiceGrpc;
import io.flotilla.bus.rpc.VolumeServiceGrpc.VolumeServiceBlockingStub;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Volume;
import io.flotilla.bus.schema.VolumeCreate;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** VolumeService by gRPC. */
final class GrpcVolumeClient implements VolumeClient {
    /** A plugin may take its two minutes, and what a volume holds takes time to add up or to delete. */
    private static final Duration DEADLINE = Duration.ofMinutes(5);

    private final NodeChannels channels;

    GrpcVolumeClient(NodeChannels channels) {
        this.channels = channels;
    }

    @Override
    public Volume create(Node node, VolumeCreate create) {
        Json request = Json.newBuilder()
                .setJson(ByteString.copyFrom(Codec.JSON.encode(create)))
                .build();
        return ask(node, stub -> NodeChannels.json(node, stub.createVolume(request), Volume.class));
    }

    @Override
    public void remove(Node node, String name, boolean force) {
        RemoveVolumeRequest request =
                RemoveVolumeRequest.newBuilder().setName(name).setForce(force).build();
        var _ = ask(node, stub -> stub.removeVolume(request));
    }

    @Override
    public List<VolumeUsage> usage(Node node) {
        return List.of(ask(
                node,
                stub -> NodeChannels.json(node, stub.volumeUsage(Empty.getDefaultInstance()), VolumeUsage[].class)));
    }

    private <T> T ask(Node node, Function<VolumeServiceBlockingStub, T> call) {
        return NodeChannels.ask(node, VolumeServiceGrpc.newBlockingStub(channels.to(node)), DEADLINE, call);
    }

    @Override
    public void close() {
        channels.close();
    }
}
