package io.flotilla.gateway.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.node.NodeUsage;
import io.flotilla.bus.node.VolumeUsage;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.Volume;
import io.flotilla.gateway.container.ContainerView;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.image.ImageView;
import io.flotilla.gateway.rpc.NodeClient;
import io.flotilla.gateway.rpc.VolumeClient;
import io.flotilla.gateway.version.ApiVersion;
import io.flotilla.gateway.version.Shape;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Links;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** GET /system/df over all nodes. A node that does not answer counts with what the cluster knows of it. */
final class DiskUsage {
    private static final List<String> TYPES = List.of("container", "image", "volume", "build-cache");

    private final ClusterImage image;
    private final Map<String, NodeUsage.ImageUsage> images = new HashMap<>();
    private final Map<String, NodeUsage.ContainerUsage> containers = new HashMap<>();
    private final Map<String, VolumeUsage> volumes = new HashMap<>();
    private long layersBytes;

    private DiskUsage(ClusterImage image) {
        this.image = image;
    }

    static DiskUsage gather(ClusterImage image, NodeClient nodes, VolumeClient volumes) {
        DiskUsage usage = new DiskUsage(image);
        image.nodes().stream().filter(node -> node.agentAddress() != null).forEach(node -> {
            try {
                usage.add(nodes.usage(node));
                volumes.usage(node)
                        .forEach(volume -> usage.volumes.put(NodeVolume.idOf(node.id(), volume.name()), volume));
            } catch (ApiException e) {
                if (e.status() != 503) {
                    throw e;
                }
            }
        });
        return usage;
    }

    private void add(NodeUsage node) {
        layersBytes += node.layersBytes();
        node.images().forEach(used -> images.put(used.imageId(), used));
        node.containers().forEach(used -> containers.put(used.containerId(), used));
    }

    /** @param wanted types, none: all */
    ObjectNode render(List<String> wanted, boolean verbose, ApiVersion version, Instant now) {
        for (String type : wanted) {
            if (!TYPES.contains(type)) {
                throw ApiException.invalid("unknown object type: " + type);
            }
        }
        Set<String> types = new HashSet<>(wanted.isEmpty() ? TYPES : wanted);
        return version.before(52) ? lists(types, version, now) : totals(types, verbose, now);
    }

    private ObjectNode lists(Set<String> types, ApiVersion version, Instant now) {
        ObjectNode df = Codec.JSON.mapper().createObjectNode();
        df.put("LayersSize", types.contains("image") ? layersBytes : 0);
        df.set("Images", types.contains("image") ? Shape.IMAGE_SUMMARY.adapt(imageItems(), version) : null);
        df.set("Containers", types.contains("container") ? containerItems(now) : null);
        df.set("Volumes", types.contains("volume") ? volumeItems() : null);
        df.set("BuildCache", types.contains("build-cache") ? df.arrayNode() : null);
        if (version.before(42)) {
            df.put("BuilderSize", 0);
        }
        return df;
    }

    private ObjectNode totals(Set<String> types, boolean verbose, Instant now) {
        ObjectNode df = Codec.JSON.mapper().createObjectNode();
        if (types.contains("image")) {
            df.set("ImageUsage", imageTotals(verbose));
        }
        if (types.contains("container")) {
            df.set("ContainerUsage", containerTotals(verbose, now));
        }
        if (types.contains("volume")) {
            df.set("VolumeUsage", volumeTotals(verbose));
        }
        if (types.contains("build-cache")) {
            df.set("BuildCacheUsage", total(0, 0, 0, 0));
        }
        return df;
    }

    private ObjectNode imageTotals(boolean verbose) {
        List<Image> present = presentImages();
        List<Image> active = present.stream().filter(this::used).toList();
        long reclaimable = present.stream()
                .filter(candidate -> !used(candidate))
                .mapToLong(candidate -> candidate.sizeBytes() - sharedBytes(candidate))
                .sum();
        ObjectNode totals = total(active.size(), present.size(), reclaimable, layersBytes);
        if (verbose) {
            totals.set("Items", imageItems());
        }
        return totals;
    }

    private ObjectNode containerTotals(boolean verbose, Instant now) {
        long active = image.containers().stream().filter(DiskUsage::running).count();
        long size = image.containers().stream().mapToLong(this::writableBytes).sum();
        long reclaimable = image.containers().stream()
                .filter(container -> !running(container))
                .mapToLong(this::writableBytes)
                .sum();
        ObjectNode totals = total(active, image.containers().size(), reclaimable, size);
        if (verbose) {
            totals.set("Items", containerItems(now));
        }
        return totals;
    }

    private ObjectNode volumeTotals(boolean verbose) {
        long active = image.volumes().stream()
                .filter(volume -> usageOf(volume).refCount() > 0)
                .count();
        long size = image.volumes().stream().mapToLong(this::contentBytes).sum();
        long reclaimable = image.volumes().stream()
                .filter(volume -> usageOf(volume).refCount() == 0)
                .mapToLong(this::contentBytes)
                .sum();
        ObjectNode totals = total(active, image.volumes().size(), reclaimable, size);
        if (verbose) {
            totals.set("Items", volumeItems());
        }
        return totals;
    }

    private JsonNode volumeItems() {
        ArrayNode items = Codec.JSON.mapper().createArrayNode();
        image.volumes().stream()
                .sorted(Comparator.comparing(NodeVolume::id))
                .map(volume -> volume.volume().withUsageData(usageOf(volume)))
                .forEach(volume -> items.add(Codec.JSON.mapper().<ObjectNode>valueToTree(volume)));
        return items;
    }

    private Volume.UsageData usageOf(NodeVolume volume) {
        VolumeUsage usage = volumes.get(volume.id());
        return usage == null ? new Volume.UsageData(-1, -1) : new Volume.UsageData(usage.sizeBytes(), usage.refCount());
    }

    private long contentBytes(NodeVolume volume) {
        return Math.max(0, usageOf(volume).size());
    }

    private static ObjectNode total(long active, long all, long reclaimable, long size) {
        return Codec.JSON
                .mapper()
                .createObjectNode()
                .put("ActiveCount", active)
                .put("TotalCount", all)
                .put("Reclaimable", reclaimable)
                .put("TotalSize", size);
    }

    private List<Image> presentImages() {
        return image.images().stream()
                .filter(candidate -> !Boolean.TRUE.equals(candidate.removed()))
                .toList();
    }

    private JsonNode imageItems() {
        ArrayNode items = Codec.JSON.mapper().createArrayNode();
        for (Image candidate : presentImages()) {
            ObjectNode item = Codec.JSON.mapper().valueToTree(ImageView.summary(candidate));
            item.put("SharedSize", sharedBytes(candidate));
            item.put("Containers", usersOf(candidate));
            items.add(item);
        }
        return items;
    }

    private JsonNode containerItems(Instant now) {
        ArrayNode items = Codec.JSON.mapper().createArrayNode();
        Map<String, List<String>> links = Links.names(image);
        for (Container container : image.containers()) {
            List<String> linked = links.getOrDefault(container.id(), List.of());
            ObjectNode item = Codec.JSON.mapper().valueToTree(ContainerView.summary(container, image, linked, now));
            NodeUsage.ContainerUsage usage = containers.get(container.id());
            if (usage != null) {
                item.put("SizeRw", usage.writableBytes());
                item.put("SizeRootFs", usage.rootFsBytes());
            }
            items.add(item);
        }
        return items;
    }

    private long usersOf(Image candidate) {
        return image.containers().stream()
                .filter(container -> candidate.id().equals(container.inspect().image()))
                .count();
    }

    private boolean used(Image candidate) {
        return usersOf(candidate) > 0;
    }

    private long sharedBytes(Image candidate) {
        NodeUsage.ImageUsage usage = images.get(candidate.id());
        return usage == null ? 0 : usage.sharedBytes();
    }

    private long writableBytes(Container container) {
        NodeUsage.ContainerUsage usage = containers.get(container.id());
        return usage == null ? 0 : usage.writableBytes();
    }

    private static boolean running(Container container) {
        return container.inspect().state() instanceof ContainerState state && Boolean.TRUE.equals(state.running());
    }
}
