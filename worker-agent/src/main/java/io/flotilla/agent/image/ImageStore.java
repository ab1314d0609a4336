package io.flotilla.agent.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.image.content.Compression;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The images of this node, by ID. Names (tags) are not known here: they are state of the cluster. Safe for concurrent use;
 * blocks on disk, so call it from platform threads.
 */
public interface ImageStore {

    /**
     * Reads a docker-archive or OCI archive (plain, gzip or zstd) as a stream, verifies every digest, unpacks the layers it
     * does not have, and only then makes the images visible. Nothing of a refused archive stays.
     *
     * @param progress takes Docker's progress messages in order
     * @return what the archive named, in its order
     * @throws ImageRefused when the archive is malformed, hostile or does not match its digests
     */
    List<StoredImage> load(InputStream archive, Consumer<ObjectNode> progress) throws IOException, ImageRefused;

    /** Everything stored. */
    List<StoredImage> list();

    /** @param imageId sha256:... */
    Optional<StoredImage> find(String imageId);

    /** Removes an image and what only it used. No error when it is not there; refused while a container uses it. */
    void remove(String imageId) throws IOException, ImageRefused;

    /**
     * Writes images as one uncompressed OCI image layout with Docker's manifest.json, which {@link #load} takes.
     *
     * @throws ImageRefused before the first byte when one is not there
     */
    void save(List<Named> images, OutputStream to) throws IOException, ImageRefused;

    /** @param references complete repository:tag, what it is to be called in an archive; may be empty */
    record Named(String imageId, List<String> references) {}

    /** Begins to put an image together; to be closed. */
    ImageAssembly assemble() throws IOException;

    /** From the bottom up. A file may go with its image meanwhile: who reads it sees NoSuchFileException then. */
    List<LayerBlob> layers(String imageId) throws ImageRefused;

    /**
     * A layer as it came.
     *
     * @param diffId digest of the uncompressed tar, sha256:...
     * @param digest of the file
     */
    record LayerBlob(String diffId, Path file, String digest, long sizeBytes, Compression compression) {}

    /** The image's configuration, the digest of which is its ID. */
    byte[] configuration(String imageId) throws IOException, ImageRefused;

    /** The writable root of a container over the image's layers; the same again when it was prepared before. */
    Snapshot prepare(String containerId, String imageId) throws IOException, ImageRefused;

    /** Takes the container's writable layer away. No error when it is not there. */
    void release(String containerId) throws IOException;

    /** Bytes in the container's writable layer. */
    long writableBytes(String containerId) throws IOException;

    /** Container ids with a writable layer. */
    List<String> snapshots() throws IOException;
}
