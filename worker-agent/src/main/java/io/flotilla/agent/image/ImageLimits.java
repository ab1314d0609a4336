package io.flotilla.agent.image;

import io.flotilla.agent.image.archive.ArchiveLimits;
import io.flotilla.agent.image.layer.UnpackLimits;

/** What one image archive, and each layer in it, may take of this node. */
public record ImageLimits(ArchiveLimits archive, UnpackLimits layer) {
    private static final long GIB = 1L << 30;

    /**
     * Far above real images. 127 layers are what Docker allows; 8 MiB of metadata is twice what registries accept for one
     * manifest, and what parsing multiplies still fits in a worker's small heap.
     */
    public static ImageLimits defaults() {
        return new ImageLimits(
                new ArchiveLimits(64 * GIB, 10_000, 8 * 1024 * 1024, 127), new UnpackLimits(64 * GIB, 2_000_000));
    }
}
