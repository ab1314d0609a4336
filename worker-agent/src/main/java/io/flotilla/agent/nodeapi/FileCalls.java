package io.flotilla.agent.nodeapi;

import com.google.protobuf.ByteString;
import io.flotilla.agent.archive.ContainerArchive;
import io.flotilla.agent.archive.ContainerCommit;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.reconcile.Containers;
import io.flotilla.agent.reconcile.ImageInventory;
import io.flotilla.agent.stream.ContainerEventLog;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.node.LoadedImage;
import io.flotilla.bus.rpc.ArchivePart;
import io.flotilla.bus.rpc.Chunk;
import io.flotilla.bus.rpc.CommitRequest;
import io.flotilla.bus.rpc.ContainerRef;
import io.flotilla.bus.rpc.Empty;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.rpc.PathRequest;
import io.flotilla.bus.rpc.WriteArchiveOptions;
import io.flotilla.bus.rpc.WriteArchiveRequest;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.PathStat;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The calls about a container's files. */
public final class FileCalls {
    private final Containers containers;
    private final Parts parts;
    private final ContainerEventLog events;
    private final CallThreads threads;

    /** What does the work. */
    public record Parts(ContainerArchive archive, ContainerCommit commit, ImageInventory images) {}

    FileCalls(Containers containers, Parts parts, ContainerEventLog events, CallThreads threads) {
        this.containers = containers;
        this.parts = parts;
        this.events = events;
        this.threads = threads;
    }

    Json changes(ContainerRef request) throws ActionRefused, IOException {
        return NodeApi.json(parts.archive().changes(containers.find(request.getContainerId())));
    }

    void export(ContainerRef request, StreamObserver<Chunk> replies) {
        CallOutput<Chunk> output = new CallOutput<>(replies);
        threads.run(output, () -> {
            ContainerRecord container = containers.find(request.getContainerId());
            try (ChunkOutput tar = new ChunkOutput(output)) {
                parts.archive().export(container, tar);
            }
            events.add(container.id(), "export", Map.of());
        });
    }

    Json stat(PathRequest request) throws ActionRefused, IOException {
        ContainerRecord container = containers.find(request.getContainerId());
        return NodeApi.json(parts.archive().stat(container, request.getPath()));
    }

    void read(PathRequest request, StreamObserver<ArchivePart> replies) {
        CallOutput<ArchivePart> output = new CallOutput<>(replies);
        threads.run(output, () -> {
            ContainerRecord container = containers.find(request.getContainerId());
            try (ChunkOutput tar = new ChunkOutput(
                    piece -> output.send(ArchivePart.newBuilder().setData(piece).build()))) {
                parts.archive().read(container, request.getPath(), stat -> output.send(part(stat)), tar);
            }
            events.add(container.id(), "archive-path", Map.of());
        });
    }

    private static ArchivePart part(PathStat stat) {
        return ArchivePart.newBuilder()
                .setStat(ByteString.copyFrom(Codec.JSON.encode(stat)))
                .build();
    }

    StreamObserver<WriteArchiveRequest> write(StreamObserver<Empty> replies) {
        CallOutput<Empty> output = new CallOutput<>(replies);
        OptionedUpload<WriteArchiveRequest, WriteArchiveOptions> upload = new OptionedUpload<>(
                (ServerCallStreamObserver<Empty>) replies,
                message -> message.hasOptions() ? Optional.of(message.getOptions()) : Optional.empty(),
                WriteArchiveRequest::getData);
        threads.run(output, () -> {
            WriteArchiveOptions options = upload.options();
            ContainerRecord container = containers.find(options.getContainerId());
            parts.archive()
                    .write(
                            container,
                            options.getPath(),
                            upload.archive(),
                            new ContainerArchive.WriteTerms(
                                    options.getNoOverwriteDirNonDir(), options.getCopyUidGid()));
            events.add(container.id(), "extract-to-dir", Map.of());
            output.send(Empty.getDefaultInstance());
        });
        upload.archive().begin();
        return upload;
    }

    Json commit(CommitRequest request) throws ActionRefused, ImageRefused, IOException {
        ContainerRecord container = containers.find(request.getContainerId());
        StoredImage image = parts.commit()
                .run(
                        container,
                        new ContainerCommit.Options(
                                request.getReference(),
                                request.getComment(),
                                request.getAuthor(),
                                request.getPause(),
                                request.getChangesList(),
                                config(request.getConfig())));
        List<String> names = image.names();
        parts.images().loaded(image, names, List.of());
        for (String name : names) {
            parts.images().event("tag", image.id(), name, image);
        }
        events.add(
                container.id(),
                "commit",
                Map.of(
                        "comment", request.getComment(),
                        "imageID", image.id(),
                        "imageRef", names.isEmpty() ? "" : names.getFirst()));
        return NodeApi.json(new LoadedImage(image.id(), names));
    }

    private static @Nullable ContainerConfig config(ByteString json) throws ActionRefused {
        if (json.isEmpty()) {
            return null;
        }
        try {
            return Codec.JSON.decode(json.toByteArray(), ContainerConfig.class);
        } catch (IOException unreadable) {
            throw new ActionRefused(Reason.INVALID, String.valueOf(unreadable.getMessage()));
        }
    }
}
