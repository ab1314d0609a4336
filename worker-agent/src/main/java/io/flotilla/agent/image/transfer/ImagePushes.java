package io.flotilla.agent.image.transfer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.ImageAssembly;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.ImageStore.LayerBlob;
import io.flotilla.agent.image.LayerProgress;
import io.flotilla.agent.image.content.Compression;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.registry.Credentials;
import io.flotilla.agent.image.registry.MediaTypes;
import io.flotilla.agent.image.registry.RegistryClient;
import io.flotilla.agent.image.registry.RegistryFailure;
import io.flotilla.agent.image.registry.RegistryReference;
import io.flotilla.agent.image.registry.Repository;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Pushes images: layers a few at a time, those the registry has in another repository by reference, those it has already not at
 * all. Registries want compressed layers, so one that came uncompressed is compressed first; what that gave is remembered.
 */
public final class ImagePushes implements AutoCloseable {
    /** Docker's max-concurrent-uploads. */
    private static final int UPLOADS = 5;

    private static final long STEP_BYTES = 512 * 1024;
    private static final int MAX_REMEMBERED = 4_096;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RegistryClient registries;
    private final ImageStore store;
    private final BlobSources sources;
    private final ThreadPoolExecutor uploads = TransferThreads.pool("layer-upload", UPLOADS);
    /** What compressing a layer gave, by its diff ID. */
    private final Map<String, Remote> compressed = new ConcurrentHashMap<>();

    /** @param sizeBytes of the manifest */
    public record Pushed(Digest digest, long sizeBytes) {}

    /** A layer as the registry has it. */
    private record Remote(String mediaType, Digest digest, long sizeBytes) {}

    ImagePushes(RegistryClient registries, ImageStore store, BlobSources sources) {
        this.registries = registries;
        this.store = store;
        this.sources = sources;
    }

    /** Blocks until the registry has it all. @param progress from any thread, must not block */
    public Pushed push(
            String imageId, RegistryReference reference, Credentials credentials, Consumer<ObjectNode> progress)
            throws IOException, RegistryFailure, ImageRefused, InterruptedException {
        List<LayerBlob> layers = store.layers(imageId);
        byte[] config = store.configuration(imageId);
        try (ImageAssembly held = store.assemble()) {
            for (LayerBlob layer : layers) {
                boolean _ = held.has(Digest.require(layer.diffId(), imageId));
                progress.accept(LayerProgress.message("Preparing", id(layer)));
            }
            return registries.write(reference, credentials, repository -> {
                Upload upload = new Upload(repository, reference, held.folder(), progress);
                Map<String, Remote> remote = upload.layers(layers);
                Digest configDigest = Digest.ofContent(config);
                if (!repository.hasBlob(configDigest)) {
                    repository.upload(configDigest, config);
                }
                String type = remote.values().stream()
                                .allMatch(each -> each.mediaType().equals(MediaTypes.DOCKER_LAYER))
                        ? MediaTypes.DOCKER_MANIFEST
                        : MediaTypes.OCI_MANIFEST;
                byte[] manifest = manifest(type, configDigest, config.length, layers, remote);
                repository.putManifest(reference.target(), type, manifest);
                return new Pushed(Digest.ofContent(manifest), manifest.length);
            });
        }
    }

    private static byte[] manifest(
            String type, Digest config, long configBytes, List<LayerBlob> layers, Map<String, Remote> remote)
            throws IOException {
        boolean docker = type.equals(MediaTypes.DOCKER_MANIFEST);
        ObjectNode manifest =
                JsonNodeFactory.instance.objectNode().put("schemaVersion", 2).put("mediaType", type);
        manifest.putObject("config")
                .put("mediaType", docker ? MediaTypes.DOCKER_CONFIG : MediaTypes.OCI_CONFIG)
                .put("size", configBytes)
                .put("digest", config.toString());
        ArrayNode list = manifest.putArray("layers");
        for (LayerBlob layer : layers) {
            Remote pushed = remote.get(layer.diffId());
            if (pushed == null) {
                throw new IllegalStateException("layer " + layer.diffId() + " was not pushed");
            }
            String gzip = docker ? MediaTypes.DOCKER_LAYER : "application/vnd.oci.image.layer.v1.tar+gzip";
            list.addObject()
                    .put("mediaType", pushed.mediaType().equals(MediaTypes.DOCKER_LAYER) ? gzip : pushed.mediaType())
                    .put("size", pushed.sizeBytes())
                    .put("digest", pushed.digest().toString());
        }
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest);
    }

    /** The layers of one push. */
    private final class Upload {
        private final Repository repository;
        private final RegistryReference reference;
        private final Path folder;
        private final Consumer<ObjectNode> progress;

        Upload(Repository repository, RegistryReference reference, Path folder, Consumer<ObjectNode> progress) {
            this.repository = repository;
            this.reference = reference;
            this.folder = folder;
            this.progress = progress;
        }

        /** @return by diff ID */
        Map<String, Remote> layers(List<LayerBlob> layers)
                throws IOException, RegistryFailure, ImageRefused, InterruptedException {
            Map<String, Future<Remote>> begun = new LinkedHashMap<>();
            try {
                for (LayerBlob layer : layers) {
                    begun.computeIfAbsent(layer.diffId(), diffId -> uploads.submit(() -> layer(layer)));
                }
                Map<String, Remote> remote = new LinkedHashMap<>();
                for (Map.Entry<String, Future<Remote>> each : begun.entrySet()) {
                    remote.put(each.getKey(), await(each.getValue()));
                }
                return remote;
            } finally {
                List<Future<Remote>> left = new ArrayList<>(begun.values());
                left.forEach(future -> future.cancel(true));
            }
        }

        private static Remote await(Future<Remote> layer)
                throws IOException, RegistryFailure, ImageRefused, InterruptedException {
            try {
                return layer.get();
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case RegistryFailure failure -> throw failure;
                    case ImageRefused refused -> throw refused;
                    case IOException io -> throw io;
                    case null, default -> throw new IllegalStateException("push", e.getCause());
                }
            }
        }

        private Remote layer(LayerBlob layer) throws IOException, RegistryFailure, ImageRefused, InterruptedException {
            Remote known = known(layer);
            if (known != null && present(layer, known)) {
                return known;
            }
            Path file = layer.file();
            if (layer.compression() == Compression.NONE) {
                file = folder.resolve(layer.diffId().replace(':', '-') + ".gz");
                known = compress(layer, file);
            }
            Remote remote = known == null ? asItIs(layer) : known;
            if (layer.compression() == Compression.NONE && present(layer, remote)) {
                return remote;
            }
            long[] toldBytes = {0};
            repository.upload(remote.digest(), file, remote.sizeBytes(), sent -> {
                if (sent - toldBytes[0] >= STEP_BYTES || sent == remote.sizeBytes() || sent < toldBytes[0]) {
                    toldBytes[0] = sent;
                    progress.accept(LayerProgress.message("Pushing", id(layer), sent, remote.sizeBytes()));
                }
            });
            return told(layer, remote, "Pushed");
        }

        private @Nullable Remote known(LayerBlob layer) throws ImageRefused {
            return layer.compression() == Compression.NONE ? compressed.get(layer.diffId()) : asItIs(layer);
        }

        private Remote asItIs(LayerBlob layer) throws ImageRefused {
            String type = layer.compression() == Compression.ZSTD
                    ? "application/vnd.oci.image.layer.v1.tar+zstd"
                    : MediaTypes.DOCKER_LAYER;
            return new Remote(type, Digest.require(layer.digest(), layer.diffId()), layer.sizeBytes());
        }

        /** In this repository, or, by one call, from another. */
        private boolean present(LayerBlob layer, Remote remote) throws RegistryFailure, InterruptedException {
            if (repository.hasBlob(remote.digest())) {
                Remote _ = told(layer, remote, "Layer already exists");
                return true;
            }
            for (String path : sources.of(remote.digest(), reference.registry())) {
                if (!path.equals(reference.path()) && repository.mount(remote.digest(), path)) {
                    Remote _ = told(layer, remote, "Mounted from " + path);
                    return true;
                }
            }
            return false;
        }

        private Remote told(LayerBlob layer, Remote remote, String status) {
            sources.seen(remote.digest(), reference.registry(), reference.path());
            progress.accept(LayerProgress.message(status, id(layer)));
            return remote;
        }

        private Remote compress(LayerBlob layer, Path to) throws IOException {
            DigestOutputStream sum;
            try (InputStream in = Files.newInputStream(layer.file());
                    OutputStream out = Files.newOutputStream(to)) {
                sum = new DigestOutputStream(out, Digest.sha256());
                try (GZIPOutputStream gzip = new GZIPOutputStream(sum, 64 * 1024)) {
                    in.transferTo(gzip);
                }
            }
            Remote remote =
                    new Remote(MediaTypes.DOCKER_LAYER, Digest.ofFinished(sum.getMessageDigest()), Files.size(to));
            if (compressed.size() < MAX_REMEMBERED) {
                compressed.put(layer.diffId(), remote);
            }
            return remote;
        }
    }

    private static String id(LayerBlob layer) {
        return layer.diffId().replaceFirst("^sha256:", "").substring(0, 12);
    }

    @Override
    public void close() {
        uploads.shutdownNow();
    }
}
