package io.flotilla.agent.stats;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.bus.node.NodeUsage;
import io.flotilla.bus.node.NodeUsage.ContainerUsage;
import io.flotilla.bus.node.NodeUsage.ImageUsage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What images and containers take on this node's disk, for docker system df. */
public final class DiskUsage {
    private DiskUsage() {}

    /** Blocks on disk: writable layers are walked. */
    public static NodeUsage of(String nodeId, ImageStore store, Collection<ContainerRecord> containers)
            throws IOException {
        List<StoredImage> images = store.list();
        Map<String, Set<String>> holders = new HashMap<>();
        Map<String, Long> layers = new HashMap<>();
        for (StoredImage image : images) {
            for (StoredImage.LayerSize layer : image.layers()) {
                layers.put(layer.diffId(), layer.sizeBytes());
                holders.computeIfAbsent(layer.diffId(), id -> new HashSet<>()).add(image.id());
            }
        }
        List<ImageUsage> imageUsages = new ArrayList<>();
        Map<String, Long> sizes = new HashMap<>();
        for (StoredImage image : images) {
            long shared = image.layers().stream()
                    .filter(layer ->
                            holders.getOrDefault(layer.diffId(), Set.of()).size() > 1)
                    .mapToLong(StoredImage.LayerSize::sizeBytes)
                    .sum();
            long users = containers.stream()
                    .filter(container -> container.imageId().equals(image.id()))
                    .count();
            sizes.put(image.id(), image.sizeBytes());
            imageUsages.add(new ImageUsage(image.id(), image.sizeBytes(), shared, Math.toIntExact(users)));
        }
        List<ContainerUsage> containerUsages = new ArrayList<>();
        for (ContainerRecord container : containers) {
            long writable = store.writableBytes(container.id());
            containerUsages.add(new ContainerUsage(
                    container.id(), writable, writable + sizes.getOrDefault(container.imageId(), 0L)));
        }
        long all = layers.values().stream().mapToLong(Long::longValue).sum();
        return new NodeUsage(nodeId, all, imageUsages, containerUsages);
    }
}
