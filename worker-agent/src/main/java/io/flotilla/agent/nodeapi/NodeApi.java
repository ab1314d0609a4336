package io.flotilla.agent.nodeapi;

import com.google.protobuf.ByteString;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.Signals;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.log.ContainerLogs;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.reconcile.Containers;
import io.flotilla.agent.reconcile.ImageInventory;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.stats.DiskUsage;
import io.flotilla.agent.stats.ProcessTable;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.node.LoadedImage;
import io.flotilla.bus.rpc.Chunk;
import io.flotilla.bus.rpc.Empty;
import io.flotilla.bus.rpc.FetchImageRequest;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.rpc.LoadImageReply;
import io.flotilla.bus.rpc.LoadImageRequest;
import io.flotilla.bus.rpc.LoadedImages;
import io.flotilla.bus.rpc.LogFrames;
import io.flotilla.bus.rpc.LogsRequest;
import io.flotilla.bus.rpc.NodeServiceGrpc;
import io.flotilla.bus.rpc.RemoveRequest;
import io.flotilla.bus.rpc.SignalRequest;
import io.flotilla.bus.rpc.StatsRequest;
import io.flotilla.bus.rpc.StopRequest;
import io.flotilla.bus.rpc.TopRequest;
import io.flotilla.bus.schema.SystemInfo;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The node's side of NodeService. What waits for a container to end has no thread meanwhile. */
public final class NodeApi implements NodeServiceGrpc.AsyncService {
    private final String nodeId;
    private final Containers containers;
    private final ImageInventory inventory;
    private final ImageStore store;
    private final ContainerRuntime runtime;
    private final ProcessTable processes;
    private final Supplier<SystemInfo> info;
    private final LogCall logs;
    private final StatsCall stats;
    private final CallThreads calls;

    public NodeApi(
            CallThreads calls,
            String nodeId,
            Containers containers,
            ImageInventory inventory,
            ImageStore store,
            ContainerRuntime runtime,
            ContainerLogs logs,
            ProcessTable processes,
            Supplier<SystemInfo> info) {
        this.calls = calls;
        this.nodeId = nodeId;
        this.containers = containers;
        this.inventory = inventory;
        this.store = store;
        this.runtime = runtime;
        this.processes = processes;
        this.info = info;
        this.logs = new LogCall(containers, logs);
        this.stats = new StatsCall(containers, runtime);
    }

    @Override
    public StreamObserver<LoadImageRequest> loadImage(StreamObserver<LoadImageReply> replies) {
        CallOutput<LoadImageReply> output = new CallOutput<>(replies);
        UploadedArchive<LoadImageRequest> archive =
                new UploadedArchive<>((ServerCallStreamObserver<LoadImageReply>) replies, LoadImageRequest::getData);
        calls.run(output, () -> load(archive, output));
        archive.begin();
        return archive;
    }

    private void load(UploadedArchive<LoadImageRequest> archive, CallOutput<LoadImageReply> output)
            throws IOException, ImageRefused, InterruptedException {
        // not to wait for a slow client: other loads would wait too
        List<StoredImage> images = store.load(
                archive,
                progress -> output.offer(LoadImageReply.newBuilder()
                        .setProgress(ByteString.copyFrom(Codec.JSON.encode(progress)))
                        .build()));
        LoadedImages.Builder loaded = LoadedImages.newBuilder();
        for (StoredImage image : images) {
            inventory.loaded(image, image.names(), List.of());
            inventory.event("load", image.id(), image.id(), image);
            loaded.addImage(ByteString.copyFrom(Codec.JSON.encode(new LoadedImage(image.id(), image.names()))));
        }
        output.send(LoadImageReply.newBuilder().setLoaded(loaded).build());
    }

    @Override
    public void fetchImage(FetchImageRequest request, StreamObserver<Chunk> replies) {
        CallOutput<Chunk> output = new CallOutput<>(replies);
        calls.run(output, () -> {
            try (ChunkOutput chunks = new ChunkOutput(output)) {
                store.save(List.of(new ImageStore.Named(request.getImageId(), List.of())), chunks);
            }
        });
    }

    @Override
    public void logs(LogsRequest request, StreamObserver<LogFrames> replies) {
        CallOutput<LogFrames> output = new CallOutput<>(replies);
        calls.run(output, () -> logs.run(request, output));
    }

    @Override
    public void stats(StatsRequest request, StreamObserver<Json> replies) {
        CallOutput<Json> output = new CallOutput<>(replies);
        calls.run(output, () -> stats.run(request, output));
    }

    @Override
    public void top(TopRequest request, StreamObserver<Json> replies) {
        CallOutput<Json> output = new CallOutput<>(replies);
        calls.run(output, () -> {
            ContainerRecord container = containers.find(request.getContainerId());
            if (!container.running()) {
                throw new ActionRefused(Reason.CONFLICT, "container " + container.id() + " is not running");
            }
            output.send(json(processes.top(runtime.processes(container.id()), request.getPsArgs())));
            containers.event(container.id(), "top", Map.of());
        });
    }

    @Override
    public void signal(SignalRequest request, StreamObserver<Empty> replies) {
        answer(replies, () -> containers.signal(request.getContainerId(), signalNumber(request.getSignal(), "KILL")));
    }

    @Override
    public void stop(StopRequest request, StreamObserver<Empty> replies) {
        Duration timeout = request.hasTimeoutSeconds() ? Duration.ofSeconds(request.getTimeoutSeconds()) : null;
        answer(replies, () -> {
            int signal = request.getSignal().isEmpty() ? 0 : signalNumber(request.getSignal(), "");
            return containers.stop(request.getContainerId(), signal, timeout);
        });
    }

    @Override
    public void remove(RemoveRequest request, StreamObserver<Empty> replies) {
        answer(replies, () -> containers.remove(request.getContainerId(), request.getForce(), request.getVolumes()));
    }

    @Override
    public void info(Empty request, StreamObserver<Json> replies) {
        CallOutput<Json> output = new CallOutput<>(replies);
        calls.run(output, () -> output.send(json(info.get())));
    }

    @Override
    public void diskUsage(Empty request, StreamObserver<Json> replies) {
        CallOutput<Json> output = new CallOutput<>(replies);
        calls.run(output, () -> output.send(json(DiskUsage.of(nodeId, store, containers.all()))));
    }

    /** An action that ends when the container does what it is told, which may take long and costs no thread. */
    private interface Asked {
        CompletableFuture<Void> begin() throws ActionRefused;
    }

    private static void answer(StreamObserver<Empty> replies, Asked asked) {
        CompletableFuture<Void> done;
        try {
            done = asked.begin();
        } catch (ActionRefused refused) {
            replies.onError(CallFailures.of(refused));
            return;
        }
        ServerCallStreamObserver<Empty> call = (ServerCallStreamObserver<Empty>) replies;
        // a client that leaves does not take its order back, as in Docker
        call.setOnCancelHandler(() -> {});
        var answered = done.whenComplete((over, failure) -> {
            if (call.isCancelled()) {
                return;
            }
            if (failure != null) {
                call.onError(CallFailures.of(failure));
            } else {
                call.onNext(Empty.getDefaultInstance());
                call.onCompleted();
            }
        });
        if (answered.isCancelled()) {
            throw new IllegalStateException("nobody cancels an action");
        }
    }

    private static int signalNumber(String name, String otherwise) throws ActionRefused {
        String wanted = name.isEmpty() ? otherwise : name;
        return Signals.parse(wanted).orElseThrow(() -> new ActionRefused(Reason.INVALID, "invalid signal: " + wanted));
    }

    static Json json(Object value) {
        return Json.newBuilder()
                .setJson(ByteString.copyFrom(Codec.JSON.encode(value)))
                .build();
    }
}
