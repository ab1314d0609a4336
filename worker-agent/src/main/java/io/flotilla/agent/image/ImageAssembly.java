package io.flotilla.agent.image;

import io.flotilla.agent.image.LayerProgress.Told;
import io.flotilla.agent.image.archive.ArchivedImage;
import io.flotilla.agent.image.content.Digest;
import io.flotilla.agent.image.layer.UnpackLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Images coming into being in a store. What it has found present or added stays while it is open; closed without
 * {@link #record}, nothing of it is left. Safe for concurrent use.
 */
public interface ImageAssembly extends AutoCloseable {
    /** For files of the operation's own, on the store's file system; goes with the assembly. */
    Path folder();

    /** Whether the store has the layer; then it counts on it from now on. */
    boolean has(Digest diffId);

    /**
     * Unpacks a layer, verifies it and adds it to the store.
     *
     * @param layer its blob is a file in {@link #folder}
     * @return bytes it took unpacked
     * @throws ImageRefused when it is hostile, damaged or not what its diff ID says
     */
    long add(ArchivedImage.Layer layer, UnpackLimits left, Told told) throws IOException, ImageRefused;

    /**
     * Makes images visible, all layers of which were found or added; on return they survive a crash.
     *
     * @throws ImageRefused no container could be made of one; none of them is visible then
     */
    List<StoredImage> record(List<ArchivedImage> images) throws IOException, ImageRefused;

    @Override
    void close() throws IOException;
}
