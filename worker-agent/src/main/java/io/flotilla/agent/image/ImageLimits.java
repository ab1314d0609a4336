package io.flotilla.agent.image;

import io.flotilla.agent.image.archive.ArchiveLimits;
import io.flotilla.agent.image.layer.UnpackLimits;

/** What one image archive, and each layer in it, may take of this node. */
public record ImageLimits(ArchiveLimits archive, UnpackLimits layer) {
    private static final long GIB = 1L << 30;

    /**
     * Far above real images, far below what fills a disk unnoticed. 127 layers are what overlay mounts take in Docker as well;
     * 8 MiB of metadata is twice what registries accept for a manifest.
     */
    public static ImageLimits defaults() {
        return new ImageLimits(
                new ArchiveLimits(64 * GIB, 20_000, 8 * 1024 * 1024, 127), new UnpackLimits(64 * GIB, 2_000_000));
    }
}
