package io.flotilla.agent.image.transfer;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.ImageAssembly;
import io.flotilla.agent.image.ImageLimits;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.LayerProgress;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.image.archive.ArchivedImage;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.registry.BlobDownload;
import io.flotilla.agent.image.registry.Credentials;
import io.flotilla.agent.image.registry.ImageManifest;
import io.flotilla.agent.image.registry.ImageManifest.Part;
import io.flotilla.agent.image.registry.ImagePlatform;
import io.flotilla.agent.image.registry.RegistryClient;
import io.flotilla.agent.image.registry.RegistryFailure;
import io.flotilla.agent.image.registry.RegistryReference;
import io.flotilla.agent.image.registry.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Consumer;

/**
 * Pulls images into a store: layers of all pulls together download and unpack a few at a time, and one that several pulls want
 * comes once. A pull that fails or is given up leaves nothing.
 */
public final class ImagePulls implements AutoCloseable {
    /** Docker's max-concurrent-downloads. */
    private static final int DOWNLOADS = 3;

    private static final int UNPACKS = 2;
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final RegistryClient registries;
    private final ImageStore store;
    private final ImageLimits limits;
    private final BlobSources sources;
    private final ThreadPoolExecutor downloads = TransferThreads.pool("layer-download", DOWNLOADS);
    private final ThreadPoolExecutor unpacks = TransferThreads.pool("layer-unpack", UNPACKS);
    private final Map<Digest, LayerDownload> underWay = new HashMap<>();

    /** @param digest of the manifest or index the reference stands for */
    public record Pulled(StoredImage image, RegistryReference reference, Digest digest) {
        /** The name it has got: none when it was asked for by digest, as in Docker. */
        public List<String> names() {
            return reference.digest() == null ? List.of(reference.familiar()) : List.of();
        }
    }

    ImagePulls(RegistryClient registries, ImageStore store, ImageLimits limits, BlobSources sources) {
        this.registries = registries;
        this.store = store;
        this.limits = limits;
        this.sources = sources;
    }

    /**
     * Blocks until the image is stored; an interrupt gives it up.
     *
     * @param progress Docker's progress messages, the first of them once the manifest is known; from any thread, must not block
     */
    public Pulled pull(
            RegistryReference reference, ImagePlatform platform, Credentials credentials, Consumer<ObjectNode> progress)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        try {
            return registries.read(reference, credentials, repository -> {
                ImageManifest manifest = ImageManifest.fetch(repository, reference, platform);
                progress.accept(JsonNodeFactory.instance
                        .objectNode()
                        .put("status", "Pulling from " + reference.path())
                        .put("id", reference.target()));
                StoredImage image = take(repository, manifest, reference, progress);
                progress.accept(JsonNodeFactory.instance.objectNode().put("status", "Digest: " + manifest.digest()));
                return new Pulled(image, reference, manifest.digest());
            });
        } catch (RegistryFailure e) {
            throw worded(reference, e);
        }
    }

    /** All tags of the repository, as docker pull -a. */
    public List<String> tags(RegistryReference repository, Credentials credentials)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        try {
            return registries.read(repository, credentials, Repository::tags);
        } catch (RegistryFailure e) {
            throw worded(repository, e);
        }
    }

    /** distribution.translatePullError's words. */
    private static RegistryFailure worded(RegistryReference reference, RegistryFailure failure) {
        return switch (failure.code()) {
            case "MANIFEST_UNKNOWN" ->
                failure.saying("manifest for " + reference.familiar() + " not found: " + failure.getMessage());
            case "NAME_UNKNOWN" ->
                failure.saying("repository " + reference.familiarName() + " not found: " + failure.getMessage());
            case "DENIED" ->
                failure.saying("pull access denied for " + reference.familiarName()
                        + ", repository does not exist or may require 'docker login': " + failure.getMessage());
            default -> failure;
        };
    }

    private StoredImage take(
            Repository repository, ImageManifest manifest, RegistryReference reference, Consumer<ObjectNode> progress)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        Optional<StoredImage> present = store.find(manifest.config().digest().toString());
        if (present.isPresent()) {
            return present.get();
        }
        byte[] config = repository.smallBlob(
                manifest.config().digest(),
                manifest.config().sizeBytes(),
                limits.archive().metadataBytes());
        long compressedBytes =
                manifest.layers().stream().mapToLong(Part::sizeBytes).sum();
        if (compressedBytes > limits.archive().contentBytes()) {
            throw invalid(
                    reference,
                    "its layers have " + compressedBytes + " bytes, more than "
                            + limits.archive().contentBytes());
        }
        ObjectNode parsed = parse(config, reference);
        List<Digest> diffIds = diffIds(parsed, manifest, reference);
        try (ImageAssembly assembly = store.assemble()) {
            Path file = Files.write(assembly.folder().resolve("config"), config);
            takeLayers(repository, manifest, diffIds, assembly, progress);
            List<ArchivedImage.Layer> layers = new ArrayList<>();
            for (int i = 0; i < diffIds.size(); i++) {
                Part part = manifest.layers().get(i);
                layers.add(new ArchivedImage.Layer(diffIds.get(i), new Blob(file, part.digest(), part.sizeBytes())));
                sources.seen(part.digest(), reference.registry(), reference.path());
            }
            Blob configuration = new Blob(file, manifest.config().digest(), config.length);
            List<String> names = reference.digest() == null ? List.of(reference.familiar()) : List.of();
            return assembly.record(List.of(new ArchivedImage(names, configuration, parsed, layers)))
                    .getFirst();
        }
    }

    private void takeLayers(
            Repository repository,
            ImageManifest manifest,
            List<Digest> diffIds,
            ImageAssembly assembly,
            Consumer<ObjectNode> progress)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        UnpackBudget budget = new UnpackBudget(limits.layer());
        Map<Digest, LayerDownload> joined = new LinkedHashMap<>();
        try {
            for (int i = 0; i < diffIds.size(); i++) {
                Digest diffId = diffIds.get(i);
                Part part = manifest.layers().get(i);
                if (assembly.has(diffId)) {
                    progress.accept(LayerProgress.message(
                            "Already exists", part.digest().shortHex()));
                } else if (!joined.containsKey(diffId)) {
                    joined.put(diffId, join(part, diffId, repository, budget, progress));
                }
            }
            for (LayerDownload download : joined.values()) {
                download.await();
                if (!assembly.has(download.diffId())) {
                    throw new IllegalStateException("layer " + download.diffId() + " was added and is not there");
                }
            }
        } finally {
            joined.values().forEach(download -> download.leave(progress));
        }
    }

    private LayerDownload join(
            Part part, Digest diffId, Repository repository, UnpackBudget budget, Consumer<ObjectNode> progress) {
        LayerDownload download;
        synchronized (underWay) {
            LayerDownload known = underWay.get(diffId);
            if (known != null && known.join(progress)) {
                return known;
            }
            download = new LayerDownload(part, diffId, new Surroundings(repository, budget));
            boolean _ = download.join(progress);
            underWay.put(diffId, download);
        }
        download.begin();
        return download;
    }

    private final class Surroundings implements LayerDownload.Steps {
        private final Repository repository;
        private final UnpackBudget budget;

        Surroundings(Repository repository, UnpackBudget budget) {
            this.repository = repository;
            this.budget = budget;
        }

        @Override
        public ImageAssembly assemble() throws IOException {
            return store.assemble();
        }

        @Override
        public Blob fetch(Part part, Path file, BlobDownload.Progress progress)
                throws IOException, RegistryFailure, ImageRefused, InterruptedException {
            return registries.download(repository, part, file, progress);
        }

        @Override
        public UnpackBudget budget() {
            return budget;
        }

        @Override
        public ExecutorService downloads() {
            return downloads;
        }

        @Override
        public ExecutorService unpacks() {
            return unpacks;
        }

        @Override
        public void over(LayerDownload download) {
            synchronized (underWay) {
                underWay.remove(download.diffId(), download);
            }
        }
    }

    private static ObjectNode parse(byte[] config, RegistryReference reference) throws ImageRefused {
        try {
            if (JSON.readTree(config) instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            throw invalid(reference, "its configuration is not valid JSON");
        }
        throw invalid(reference, "its configuration is not a JSON object");
    }

    private static List<Digest> diffIds(ObjectNode config, ImageManifest manifest, RegistryReference reference)
            throws ImageRefused {
        String os = config.path("os").asText("linux");
        if (!os.equals("linux")) {
            // Docker's words
            throw new ImageRefused(
                    Reason.INVALID, "image operating system \"" + os + "\" cannot be used on this platform");
        }
        JsonNode listed = config.path("rootfs").path("diff_ids");
        if (listed.size() != manifest.layers().size()) {
            throw invalid(
                    reference,
                    "its configuration has " + listed.size() + " layers, its manifest "
                            + manifest.layers().size());
        }
        List<Digest> diffIds = new ArrayList<>();
        for (JsonNode diffId : listed) {
            diffIds.add(Digest.require(diffId.asText(), reference.familiar()));
        }
        return diffIds;
    }

    private static ImageRefused invalid(RegistryReference reference, String what) {
        return new ImageRefused(Reason.INVALID, reference.familiar() + " cannot be used: " + what);
    }

    @Override
    public void close() {
        downloads.shutdownNow();
        unpacks.shutdownNow();
    }
}
