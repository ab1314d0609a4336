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
    public void export(String imageId, OutputStream to) throws IOException, ImageRefused {
        Digest id = require(imageId);
        List<Source> open = new ArrayList<>();
        try {
            List<LayerRecord> layers = content.layers(id).orElseThrow(() -> ContentStore.notFound(imageId));
            // all are opened before the first byte is written: from then on a removal cannot cut the archive short
            Source config = open(id, CONFIG_MEDIA_TYPE, imageId);
            open.add(config);
            for (LayerRecord layer : layers) {
                open.add(open(require(layer.blobDigest()), layer.mediaType(), imageId));
            }
            ImageArchiveWriter.write(config, open.subList(1, open.size()), to);
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

    private Source open(Digest blob, String mediaType, String imageId) throws IOException, ImageRefused {
        Path file = folders.blob(blob);
        try {
            return new Source(blob, Files.size(file), mediaType, Files.newInputStream(file));
        } catch (NoSuchFileException removedMeanwhile) {
            throw ContentStore.notFound(imageId);
        }
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
