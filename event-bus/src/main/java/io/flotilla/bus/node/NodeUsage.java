package io.flotilla.bus.node;

import java.util.List;

/**
 * Disk usage of a node, for `docker system df`.
 *
 * @param layersBytes all unpacked layers, shared ones once
 */
public record NodeUsage(String nodeId, long layersBytes, List<ImageUsage> images, List<ContainerUsage> containers) {
    /** @param sharedBytes of layers other images of the node use too */
    public record ImageUsage(String imageId, long sizeBytes, long sharedBytes, int containers) {}

    /** @param writableBytes the container's own layer */
    public record ContainerUsage(String containerId, long writableBytes, long rootFsBytes) {}
}
