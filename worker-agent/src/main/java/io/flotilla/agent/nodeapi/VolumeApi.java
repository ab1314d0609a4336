package io.flotilla.agent.nodeapi;

import com.google.protobuf.ByteString;
import io.flotilla.agent.volume.VolumeRefused;
import io.flotilla.agent.volume.VolumeStore;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.rpc.Empty;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.rpc.RemoveVolumeRequest;
import io.flotilla.bus.rpc.VolumeServiceGrpc;
import io.flotilla.bus.schema.VolumeCreate;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;

/** The node's side of VolumeService. */
public final class VolumeApi implements VolumeServiceGrpc.AsyncService {
    private final CallThreads calls;
    private final VolumeStore volumes;

    public VolumeApi(CallThreads calls, VolumeStore volumes) {
        this.calls = calls;
        this.volumes = volumes;
    }

    @Override
    public void createVolume(Json request, StreamObserver<Json> replies) {
        CallOutput<Json> output = new CallOutput<>(replies);
        calls.run(output, () -> {
            VolumeCreate create = Codec.JSON.decode(request.getJson().toByteArray(), VolumeCreate.class);
            try {
                output.send(json(volumes.create(create)));
            } catch (VolumeRefused refused) {
                throw status(refused);
            }
        });
    }

    @Override
    public void removeVolume(RemoveVolumeRequest request, StreamObserver<Empty> replies) {
        CallOutput<Empty> output = new CallOutput<>(replies);
        calls.run(output, () -> {
            try {
                volumes.remove(request.getName(), request.getForce());
            } catch (VolumeRefused refused) {
                throw status(refused);
            }
            output.send(Empty.getDefaultInstance());
        });
    }

    @Override
    public void volumeUsage(Empty request, StreamObserver<Json> replies) {
        CallOutput<Json> output = new CallOutput<>(replies);
        calls.run(output, () -> output.send(json(volumes.usage())));
    }

    private static StatusRuntimeException status(VolumeRefused refused) {
        Status status =
                switch (refused.reason()) {
                    case NOT_FOUND -> Status.NOT_FOUND;
                    case INVALID -> Status.INVALID_ARGUMENT;
                    case CONFLICT -> Status.FAILED_PRECONDITION;
                };
        return status.withDescription(refused.getMessage()).withCause(refused).asRuntimeException();
    }

    private static Json json(Object value) {
        return Json.newBuilder()
                .setJson(ByteString.copyFrom(Codec.JSON.encode(value)))
                .build();
    }
}
