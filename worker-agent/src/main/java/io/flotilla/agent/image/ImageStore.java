package io.flotilla.agent.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
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
     * @param progress takes Docker's progress messages in order; other loads wait while it blocks, so it should not
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

    /** Writes the image as an uncompressed OCI archive that {@link #load} takes, so that another node can have it. */
    void export(String imageId, OutputStream to) throws IOException, ImageRefused;

    /** The writable root of a container over the image's layers; the same again when it was prepared before. */
    Snapshot prepare(String containerId, String imageId) throws IOException, ImageRefused;

    /** Takes the container's writable layer away. No error when it is not there. */
    void release(String containerId) throws IOException;

    /** Bytes in the container's writable layer. */
    long writableBytes(String containerId) throws IOException;

    /** Container ids with a writable layer. */
    List<String> snapshots() throws IOException;
}
