package io.flotilla.agent.nodeapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.flotilla.agent.container.ImageChanges;
import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.image.registry.Credentials;
import io.flotilla.agent.image.registry.DistributionDescription;
import io.flotilla.agent.image.registry.ImagePlatform;
import io.flotilla.agent.image.registry.RegistryFailure;
import io.flotilla.agent.image.registry.RegistryReference;
import io.flotilla.agent.image.transfer.ImageImport;
import io.flotilla.agent.image.transfer.ImagePulls.Pulled;
import io.flotilla.agent.image.transfer.ImagePushes.Pushed;
import io.flotilla.agent.image.transfer.ImageTransfers;
import io.flotilla.agent.reconcile.ImageInventory;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.node.LoadedImage;
import io.flotilla.bus.rpc.Chunk;
import io.flotilla.bus.rpc.ImageServiceGrpc;
import io.flotilla.bus.rpc.ImportOptions;
import io.flotilla.bus.rpc.ImportRequest;
import io.flotilla.bus.rpc.Json;
import io.flotilla.bus.rpc.LoadedImages;
import io.flotilla.bus.rpc.ProgressOrImages;
import io.flotilla.bus.rpc.PullRequest;
import io.flotilla.bus.rpc.PushRequest;
import io.flotilla.bus.rpc.RegistryRequest;
import io.flotilla.bus.rpc.SaveRequest;
import io.flotilla.bus.rpc.SearchRequest;
import io.flotilla.bus.schema.ContainerConfig;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The node's side of ImageService. */
public final class ImageApi implements ImageServiceGrpc.AsyncService {
    private final CallThreads calls;
    private final ImageStore store;
    private final ImageTransfers transfers;
    private final ImageInventory inventory;

    public ImageApi(CallThreads calls, ImageStore store, ImageTransfers transfers, ImageInventory inventory) {
        this.calls = calls;
        this.store = store;
        this.transfers = transfers;
        this.inventory = inventory;
    }

    /** A transfer that tells of itself while it goes on. */
    private interface Transfer {
        List<LoadedImage> run(Consumer<ObjectNode> progress)
                throws IOException, RegistryFailure, ImageRefused, InterruptedException;
    }

    /** The call's thread sends what a second one has to tell, so that a slow client holds up nobody's transfer. */
    private void run(StreamObserver<ProgressOrImages> replies, Transfer transfer) {
        CallOutput<ProgressOrImages> output = new CallOutput<>(replies);
        calls.run(output, () -> {
            ProgressQueue queue = new ProgressQueue();
            CompletableFuture<List<LoadedImage>> result = new CompletableFuture<>();
            Thread worker =
                    Thread.ofPlatform().name("image-transfer").daemon().start(() -> work(transfer, queue, result));
            try {
                for (Optional<ObjectNode> next = queue.next(); next.isPresent(); next = queue.next()) {
                    output.send(progress(next.get()));
                }
                output.send(images(result.join()));
            } catch (CompletionException e) {
                rethrow(e.getCause());
            } finally {
                worker.interrupt();
            }
        });
    }

    private static void work(Transfer transfer, ProgressQueue queue, CompletableFuture<List<LoadedImage>> result) {
        try {
            result.complete(transfer.run(queue::add));
        } catch (IOException | RegistryFailure | ImageRefused | InterruptedException | RuntimeException e) {
            result.completeExceptionally(e);
        } finally {
            queue.end();
        }
    }

    private static void rethrow(@Nullable Throwable failure)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        switch (failure) {
            case IOException e -> throw e;
            case RegistryFailure e -> throw e;
            case ImageRefused e -> throw e;
            case InterruptedException e -> throw e;
            case null, default -> throw new IllegalStateException(failure);
        }
    }

    @Override
    public void pull(PullRequest request, StreamObserver<ProgressOrImages> replies) {
        run(replies, progress -> {
            RegistryReference reference = RegistryReference.parse(request.getReference());
            ImagePlatform platform = ImagePlatform.parse(request.getPlatform());
            Credentials credentials = credentials(request.getAuth());
            List<String> tags = request.getAllTags() ? transfers.pulls().tags(reference, credentials) : List.of();
            if (!request.getAllTags()) {
                return List.of(pulled(transfers.pulls().pull(reference, platform, credentials, progress)));
            }
            if (tags.isEmpty()) {
                throw new ImageRefused(Reason.NOT_FOUND, "repository " + reference.familiarName() + " has no tags");
            }
            List<LoadedImage> images = new ArrayList<>();
            for (String tag : tags) {
                images.add(pulled(transfers.pulls().pull(reference.withTag(tag), platform, credentials, progress)));
            }
            return images;
        });
    }

    private LoadedImage pulled(Pulled pulled) {
        StoredImage image = pulled.image();
        List<String> digests = List.of(pulled.reference().pinned(pulled.digest()));
        inventory.loaded(image, pulled.names(), digests);
        inventory.event(
                "pull", pulled.reference().familiar(), pulled.reference().familiarName(), image);
        return new LoadedImage(image.id(), pulled.names(), digests);
    }

    @Override
    public void push(PushRequest request, StreamObserver<ProgressOrImages> replies) {
        run(replies, progress -> {
            RegistryReference reference = RegistryReference.parse(request.getReference());
            StoredImage image = require(request.getImageId());
            Pushed pushed = transfers.pushes().push(image.id(), reference, credentials(request.getAuth()), progress);
            String tag = String.valueOf(reference.tag());
            progress.accept(status(tag + ": digest: " + pushed.digest() + " size: " + pushed.sizeBytes()));
            ObjectNode aux = JsonNodeFactory.instance.objectNode();
            aux.putObject("progressDetail");
            aux.putObject("aux")
                    .put("Tag", tag)
                    .put("Digest", pushed.digest().toString())
                    .put("Size", pushed.sizeBytes());
            progress.accept(aux);
            List<String> digests = List.of(reference.pinned(pushed.digest()));
            inventory.loaded(image, List.of(), digests);
            inventory.event("push", reference.familiar(), reference.familiarName(), image);
            return List.of(new LoadedImage(image.id(), List.of(), digests));
        });
    }

    @Override
    public void save(SaveRequest request, StreamObserver<Chunk> replies) {
        CallOutput<Chunk> output = new CallOutput<>(replies);
        calls.run(output, () -> {
            List<ImageStore.Named> images = request.getImageList().stream()
                    .map(image -> new ImageStore.Named(image.getImageId(), image.getReferencesList()))
                    .toList();
            try (ChunkOutput chunks = new ChunkOutput(output)) {
                store.save(images, chunks);
            }
            for (ImageStore.Named image : images) {
                store.find(image.imageId()).ifPresent(saved -> inventory.event("save", saved.id(), saved.id(), saved));
            }
        });
    }

    @Override
    public StreamObserver<ImportRequest> import_(StreamObserver<ProgressOrImages> replies) {
        OptionedUpload<ImportRequest, ImportOptions> upload = new OptionedUpload<>(
                (ServerCallStreamObserver<ProgressOrImages>) replies,
                message -> message.hasOptions() ? Optional.of(message.getOptions()) : Optional.empty(),
                ImportRequest::getData);
        run(replies, progress -> {
            ImportOptions options = upload.options();
            StoredImage image;
            try (InputStream source = source(options, upload, progress)) {
                image = new ImageImport(store)
                        .run(
                                new ImageImport.Options(
                                        options.getReference(),
                                        options.getMessage(),
                                        configured(options.getChangesList()),
                                        options.getPlatform()),
                                source);
            }
            inventory.loaded(image, image.names(), List.of());
            inventory.event("import", image.id(), image.id(), image);
            progress.accept(status(image.id()));
            return List.of(new LoadedImage(image.id(), image.names()));
        });
        upload.archive().begin();
        return upload;
    }

    private InputStream source(
            ImportOptions options, OptionedUpload<ImportRequest, ImportOptions> upload, Consumer<ObjectNode> progress)
            throws IOException, RegistryFailure, InterruptedException {
        String url = options.getSourceUrl();
        if (url.isEmpty()) {
            return upload.archive();
        }
        InputStream fetched = transfers.registries().fetch(URI.create(url));
        progress.accept(status("Downloading from " + url));
        return fetched;
    }

    private static ContainerConfig configured(List<String> changes) throws ImageRefused {
        ContainerConfig empty =
                Codec.JSON.mapper().convertValue(JsonNodeFactory.instance.objectNode(), ContainerConfig.class);
        try {
            return ImageChanges.apply(empty, changes);
        } catch (PlanRefused e) {
            throw new ImageRefused(ImageRefused.Reason.INVALID, String.valueOf(e.getMessage()));
        }
    }

    /** Answers with one JSON document what a registry knows. */
    private interface Question {
        Object answer() throws IOException, RegistryFailure, ImageRefused, InterruptedException;
    }

    private void ask(StreamObserver<Json> replies, Question question) {
        CallOutput<Json> output = new CallOutput<>(replies);
        calls.run(output, () -> output.send(NodeApi.json(question.answer())));
    }

    @Override
    public void inspectDistribution(RegistryRequest request, StreamObserver<Json> replies) {
        ask(
                replies,
                () -> DistributionDescription.of(
                        transfers.registries(),
                        RegistryReference.parse(request.getReference()),
                        credentials(request.getAuth())));
    }

    @Override
    public void checkAuth(Json request, StreamObserver<Json> replies) {
        ask(replies, () -> {
            String token = transfers.registries().login(credentials(request.getJson()));
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("Status", "Login Succeeded")
                    .put("IdentityToken", token);
        });
    }

    @Override
    public void search(SearchRequest request, StreamObserver<Json> replies) {
        ask(replies, () -> {
            ArrayNode results = JsonNodeFactory.instance.arrayNode();
            for (JsonNode result : transfers
                    .registries()
                    .search(request.getTerm(), request.getLimit(), credentials(request.getAuth()))) {
                results.add(result);
            }
            return results;
        });
    }

    private StoredImage require(String imageId) throws ImageRefused {
        return store.find(imageId).orElseThrow(() -> new ImageRefused(Reason.NOT_FOUND, "No such image: " + imageId));
    }

    private static Credentials credentials(ByteString json) throws ImageRefused {
        return Credentials.parse(json.toByteArray());
    }

    private static ObjectNode status(String status) {
        return JsonNodeFactory.instance.objectNode().put("status", status);
    }

    private static ProgressOrImages progress(ObjectNode message) {
        return ProgressOrImages.newBuilder()
                .setProgress(ByteString.copyFrom(Codec.JSON.encode(message)))
                .build();
    }

    private static ProgressOrImages images(List<LoadedImage> images) {
        LoadedImages.Builder loaded = LoadedImages.newBuilder();
        images.forEach(image -> loaded.addImage(ByteString.copyFrom(Codec.JSON.encode(image))));
        return ProgressOrImages.newBuilder().setImages(loaded).build();
    }
}
