package io.flotilla.agent.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.ImageRefused.Reason;
import io.flotilla.agent.image.LayerInstall.Installed;
import io.flotilla.agent.image.LayerProgress.Told;
import io.flotilla.agent.image.StoreRecords.ImageRecord;
import io.flotilla.agent.image.StoreRecords.IncompleteImage;
import io.flotilla.agent.image.StoreRecords.LayerRecord;
import io.flotilla.agent.image.StoredImage.LayerSize;
import io.flotilla.agent.image.archive.ArchivedImage;
import io.flotilla.agent.image.archive.ImageArchive;
import io.flotilla.agent.image.content.Blob;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.content.DurableFile;
import io.flotilla.agent.image.layer.UnpackLimits;
import io.flotilla.agent.runtime.linux.files.OpenDirectory;
import io.flotilla.bus.schema.ImageConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Images and the layers they share. Layers are received and unpacked concurrently; {@link #changes} lets one at a time become
 * visible or be removed. An image is put together in an {@link Assembly}, which keeps a layer found present from being
 * collected until the image that counts on it is recorded.
 *
 * <p>Invariant: an image in {@link #index} has its record, configuration, layer blobs and unpacked layers on disk, synced.
 */
final class ContentStore {
    private static final Logger LOG = Logger.getLogger(ContentStore.class);

    private final StoreFolders folders;
    private final ImageLimits limits;
    private final ReentrantLock changes = new ReentrantLock();
    /** How many assemblies count on a layer. */
    private final Map<Digest, Integer> holds = new HashMap<>();

    private volatile Index index;
    private long nextFolder;

    /** Immutable; layers by diff ID are exactly those the images use and those that are held. */
    private record Index(Map<Digest, StoredImage> images, Map<Digest, LayerRecord> layers) {}

    private ContentStore(StoreFolders folders, ImageLimits limits) {
        this.folders = folders;
        this.limits = limits;
        this.index = new Index(Map.of(), Map.of());
    }

    /** Reads the records, and deletes all that no image leads to. */
    static ContentStore open(StoreFolders folders, ImageLimits limits) throws IOException {
        folders.clearLeftovers();
        Map<Digest, LayerRecord> layers = StoreRecords.readLayers(folders);
        Map<Digest, StoredImage> images = new HashMap<>();
        for (Path file : StoreFolders.content(folders.images())) {
            Optional<Digest> id = Digest.ofHex(file.getFileName().toString().replaceFirst("\\.json$", ""));
            if (id.isPresent()) {
                try {
                    images.put(id.get(), StoreRecords.readImage(folders, id.get(), layers));
                } catch (IncompleteImage e) {
                    LOG.warnf("image %s is not whole and has to be loaded again: %s", id.get(), e.getMessage());
                    DurableFile.delete(file);
                }
            }
        }
        ContentStore store = new ContentStore(folders, limits);
        store.index = store.indexOf(images, layers);
        store.nextFolder = 1
                + store.index.layers().values().stream()
                        .mapToLong(layer -> Long.parseLong(layer.folder(), Character.MAX_RADIX))
                        .max()
                        .orElse(0);
        store.collect();
        return store;
    }

    Optional<StoredImage> find(Digest id) {
        return Optional.ofNullable(index.images().get(id));
    }

    List<StoredImage> list() {
        return List.copyOf(index.images().values());
    }

    /** The image's layers from the bottom up; empty when it is not there. */
    Optional<List<LayerRecord>> layers(Digest id) {
        Index current = index;
        return Optional.ofNullable(current.images().get(id)).map(image -> image.layers().stream()
                .map(layer -> layer(current, layer))
                .toList());
    }

    List<StoredImage> load(InputStream archive, Consumer<ObjectNode> progress) throws IOException, ImageRefused {
        try (Assembly assembly = assemble()) {
            Path files = Files.createDirectory(assembly.folder().resolve("files"));
            List<ArchivedImage> images = ImageArchive.read(archive, files, limits.archive());
            UnpackLimits left = limits.layer();
            for (ArchivedImage image : images) {
                for (ArchivedImage.Layer layer : image.layers()) {
                    if (!assembly.has(layer.diffId())) {
                        Told told = new Told("Loading layer", layer.diffId().shortHex(), progress);
                        left = left.without(assembly.add(layer, left, told));
                    }
                }
            }
            return assembly.record(images);
        }
    }

    Assembly assemble() throws IOException {
        return new Assembly(Files.createTempDirectory(folders.incoming(), ""));
    }

    /** @param users held still while the image goes, and asked whether it may */
    void remove(Digest id, WritableLayers users) throws IOException, ImageRefused {
        changes.lock();
        try {
            synchronized (users) {
                users.refuseIfUsed(id);
                DurableFile.delete(folders.image(id));
                Map<Digest, StoredImage> images = new HashMap<>(index.images());
                images.remove(id);
                index = indexOf(images, index.layers());
            }
            collect();
        } finally {
            changes.unlock();
        }
    }

    /**
     * Layers that images to come count on: what it has seen present or added stays until it is closed, although no image leads
     * to it yet. Layers may be added from several threads.
     */
    final class Assembly implements ImageAssembly {
        private final Path folder;
        private final Set<Digest> held = new HashSet<>();
        private final AtomicLong unpacked = new AtomicLong();

        private Assembly(Path folder) {
            this.folder = folder;
        }

        @Override
        public Path folder() {
            return folder;
        }

        @Override
        public boolean has(Digest diffId) {
            changes.lock();
            try {
                boolean present = index.layers().containsKey(diffId);
                if (present) {
                    hold(diffId);
                }
                return present;
            } finally {
                changes.unlock();
            }
        }

        private void hold(Digest diffId) {
            if (held.add(diffId)) {
                holds.merge(diffId, 1, Integer::sum);
            }
        }

        @Override
        public long add(ArchivedImage.Layer layer, UnpackLimits left, Told told) throws IOException, ImageRefused {
            long number = unpacked.incrementAndGet();
            Path staged = folder.resolve("layer-" + number);
            Installed installed = LayerInstall.unpack(layer, staged, folder.resolve("scratch-" + number), left, told);
            changes.lock();
            try {
                if (!index.layers().containsKey(layer.diffId())) {
                    publish(layer, installed, staged);
                }
                hold(layer.diffId());
            } finally {
                changes.unlock();
            }
            return installed.unpacked().sizeBytes();
        }

        /** The layer joins the store's folders, but no image leads to it yet. */
        private void publish(ArchivedImage.Layer layer, Installed installed, Path staged) throws IOException {
            String name = Long.toString(nextFolder++, Character.MAX_RADIX);
            Files.move(staged, folders.unpacked().resolve(name));
            keepBlob(layer.blob());
            LayerRecord record = new LayerRecord(
                    layer.diffId().toString(),
                    name,
                    installed.unpacked().sizeBytes(),
                    installed.unpacked().hidesLower(),
                    layer.blob().digest().toString(),
                    layer.blob().sizeBytes(),
                    installed.compression());
            Files.write(folders.layer(layer.diffId()), StoreRecords.write(record));
            Map<Digest, LayerRecord> layers = new HashMap<>(index.layers());
            layers.put(layer.diffId(), record);
            index = new Index(index.images(), Map.copyOf(layers));
        }

        @Override
        public List<StoredImage> record(List<ArchivedImage> images) throws IOException, ImageRefused {
            for (ArchivedImage image : images) {
                ImageConfig _ = ImageSettings.of(image.config());
            }
            changes.lock();
            try {
                for (ArchivedImage image : images) {
                    keepBlob(image.configuration());
                }
                try (OpenDirectory root = OpenDirectory.open(folders.root())) {
                    root.syncFileSystem();
                }
                return recordAll(images);
            } finally {
                changes.unlock();
            }
        }

        @Override
        public void close() throws IOException {
            changes.lock();
            try {
                held.forEach(diffId -> holds.computeIfPresent(diffId, (id, count) -> count == 1 ? null : count - 1));
                index = indexOf(index.images(), index.layers());
                collect();
            } finally {
                changes.unlock();
                folders.delete(folder);
            }
        }
    }

    /** A link and not a move: two images of one archive can name the same file. */
    private void keepBlob(Blob blob) throws IOException {
        Path kept = folders.blob(blob.digest());
        if (!Files.exists(kept)) {
            Files.createLink(kept, blob.file());
        }
    }

    /** Makes the images visible. An archive may name an image twice. */
    private List<StoredImage> recordAll(List<ArchivedImage> archived) throws IOException {
        Map<Digest, Set<String>> names = new LinkedHashMap<>();
        for (ArchivedImage image : archived) {
            names.computeIfAbsent(image.id(), id -> new LinkedHashSet<>()).addAll(image.names());
        }
        Map<Digest, StoredImage> loaded = new LinkedHashMap<>();
        for (ArchivedImage image : archived) {
            if (!loaded.containsKey(image.id())) {
                List<String> named = List.copyOf(names.getOrDefault(image.id(), Set.of()));
                loaded.put(image.id(), record(image, named));
            }
        }
        return List.copyOf(loaded.values());
    }

    private StoredImage record(ArchivedImage image, List<String> names) throws IOException {
        Map<Digest, LayerRecord> layers = index.layers();
        List<LayerRecord> own = image.layers().stream()
                .map(layer -> kept(layers, layer.diffId()))
                .toList();
        List<String> diffIds = own.stream().map(LayerRecord::diffId).toList();
        DurableFile.replace(folders.image(image.id()), StoreRecords.write(new ImageRecord(names, diffIds)));
        StoredImage stored = StoreRecords.storedImage(image.id(), names, image.config(), own);
        Map<Digest, StoredImage> images = new HashMap<>(index.images());
        images.put(image.id(), stored);
        index = indexOf(images, layers);
        return stored;
    }

    /** Deletes every record, layer and blob that no image in the index leads to. */
    private void collect() throws IOException {
        Set<Path> needed = new HashSet<>(Set.of(folders.initLayer()));
        index.images().keySet().forEach(id -> needed.add(folders.blob(id)));
        for (Map.Entry<Digest, LayerRecord> layer : index.layers().entrySet()) {
            needed.add(folders.layer(layer.getKey()));
            needed.add(folders.unpacked().resolve(layer.getValue().folder()));
            Digest.of(layer.getValue().blobDigest()).ifPresent(blob -> needed.add(folders.blob(blob)));
        }
        List<Path> garbage = new ArrayList<>();
        for (Path folder : List.of(folders.layers(), folders.unpacked(), folders.blobs())) {
            garbage.addAll(StoreFolders.content(folder));
        }
        garbage.removeAll(needed);
        for (Path path : garbage) {
            folders.delete(path);
        }
    }

    private Index indexOf(Map<Digest, StoredImage> images, Map<Digest, LayerRecord> candidates) {
        Map<Digest, LayerRecord> used = new HashMap<>();
        holds.keySet().forEach(diffId -> used.put(diffId, kept(candidates, diffId)));
        for (StoredImage image : images.values()) {
            for (LayerSize layer : image.layers()) {
                Digest diffId = digest(layer.diffId());
                used.put(diffId, kept(candidates, diffId));
            }
        }
        return new Index(Map.copyOf(images), Map.copyOf(used));
    }

    private static LayerRecord layer(Index index, LayerSize layer) {
        return kept(index.layers(), digest(layer.diffId()));
    }

    private static LayerRecord kept(Map<Digest, LayerRecord> layers, Digest diffId) {
        LayerRecord layer = layers.get(diffId);
        if (layer == null) {
            throw new IllegalStateException("an image has layer " + diffId + ", which is not in the index");
        }
        return layer;
    }

    private static Digest digest(String verified) {
        return Digest.of(verified).orElseThrow(() -> new IllegalStateException("not a digest: " + verified));
    }

    static ImageRefused notFound(String imageId) {
        return new ImageRefused(Reason.NOT_FOUND, "No such image: " + imageId);
    }
}
