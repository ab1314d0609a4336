package io.flotilla.agent.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.StoreRecords.LayerRecord;
import io.flotilla.agent.image.archive.ImageArchiveWriter;
import io.flotilla.agent.image.archive.ImageArchiveWriter.Source;
import io.flotilla.agent.image.content.Digest;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The images of this node in one folder of a local file system, and its only user: a lock file keeps a second process out. See
 * {@link StoreFolders} for what is where. Safe for concurrent use; needs root.
 */
public final class LocalImageStore implements ImageStore, AutoCloseable {
    private static final String CONFIG_MEDIA_TYPE = "application/vnd.oci.image.config.v1+json";

    private final StoreFolders folders;
    private final FileChannel lock;
    private final ContentStore content;
    private final WritableLayers writable;

    /**
     * Opens or makes the store, and deletes what a crash left of unfinished operations.
     *
     * @param folder of the store alone
     * @throws IOException also when another process has the store open
     */
    public LocalImageStore(Path folder, ImageLimits limits) throws IOException {
        folders = StoreFolders.create(folder.toAbsolutePath());
        lock = lock(folders.root().resolve("lock"));
        boolean opened = false;
        try {
            content = ContentStore.open(folders, limits);
            writable = WritableLayers.open(folders, content);
            opened = true;
        } finally {
            if (!opened) {
                lock.close();
            }
        }
    }

    @Override
    public List<StoredImage> load(InputStream archive, Consumer<ObjectNode> progress) throws IOException, ImageRefused {
        return content.load(archive, progress);
    }

    @Override
    public List<StoredImage> list() {
        return content.list();
    }

    @Override
    public Optional<StoredImage> find(String imageId) {
        return Digest.of(imageId).flatMap(content::find);
    }

    @Override
    public void remove(String imageId) throws IOException, ImageRefused {
        Optional<Digest> id = Digest.of(imageId);
        if (id.isPresent()) {
            content.remove(id.get(), writable);
        }
    }

    @Override
    public ImageAssembly assemble() throws IOException {
        return content.assemble();
    }

    @Override
    public List<LayerBlob> layers(String imageId) throws ImageRefused {
        return content.layers(require(imageId)).orElseThrow(() -> ContentStore.notFound(imageId)).stream()
                .map(layer -> new LayerBlob(
                        layer.diffId(),
                        folders.blob(verified(layer.blobDigest())),
                        layer.blobDigest(),
                        layer.blobSizeBytes(),
                        layer.compression()))
                .toList();
    }

    @Override
    public byte[] configuration(String imageId) throws IOException, ImageRefused {
        try {
            return Files.readAllBytes(folders.blob(require(imageId)));
        } catch (NoSuchFileException absent) {
            throw ContentStore.notFound(imageId);
        }
    }

    @Override
    public void save(List<Named> images, OutputStream to) throws IOException, ImageRefused {
        List<Source> open = new ArrayList<>();
        try {
            List<ImageArchiveWriter.Image> written = new ArrayList<>();
            // all are opened before the first byte is written: from then on a removal cannot cut the archive short
            for (Named named : images) {
                Digest id = require(named.imageId());
                List<LayerRecord> records =
                        content.layers(id).orElseThrow(() -> ContentStore.notFound(named.imageId()));
                Source config = open(id, CONFIG_MEDIA_TYPE, named.imageId(), open);
                List<Source> layers = new ArrayList<>();
                for (LayerRecord layer : records) {
                    layers.add(open(verified(layer.blobDigest()), layer.mediaType(), named.imageId(), open));
                }
                written.add(new ImageArchiveWriter.Image(named.references(), config, layers));
            }
            ImageArchiveWriter.write(written, to);
        } finally {
            closeAll(open);
        }
    }

    @Override
    public Snapshot prepare(String containerId, String imageId) throws IOException, ImageRefused {
        return writable.prepare(containerId, require(imageId));
    }

    @Override
    public void release(String containerId) throws IOException {
        writable.release(containerId);
    }

    @Override
    public long writableBytes(String containerId) throws IOException {
        return writable.sizeBytes(containerId);
    }

    @Override
    public List<String> snapshots() {
        return writable.containers();
    }

    /** Lets another process open the store; operations at work are not waited for. */
    @Override
    public void close() throws IOException {
        lock.close();
    }

    /** A blob that several layers of the images share is opened once. */
    private Source open(Digest blob, String mediaType, String imageId, List<Source> open)
            throws IOException, ImageRefused {
        for (Source known : open) {
            if (known.digest().equals(blob)) {
                return known;
            }
        }
        Path file = folders.blob(blob);
        try {
            Source source = new Source(blob, Files.size(file), mediaType, Files.newInputStream(file));
            open.add(source);
            return source;
        } catch (NoSuchFileException removedMeanwhile) {
            throw ContentStore.notFound(imageId);
        }
    }

    private static Digest verified(String digest) {
        return Digest.of(digest).orElseThrow(() -> new IllegalStateException("not a digest: " + digest));
    }

    private static void closeAll(List<Source> sources) throws IOException {
        for (Closeable source : sources.stream().map(Source::content).toList()) {
            source.close();
        }
    }

    private static Digest require(String digest) throws ImageRefused {
        return Digest.of(digest).orElseThrow(() -> ContentStore.notFound(digest));
    }

    private static FileChannel lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException heldByThisProcess) {
            channel.close();
            throw new IOException("image store " + file.getParent() + " is open already", heldByThisProcess);
        }
        channel.close();
        throw new IOException("image store " + file.getParent() + " is in use by another process");
    }
}
