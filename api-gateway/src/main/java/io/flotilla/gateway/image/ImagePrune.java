package io.flotilla.gateway.image;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.ImageDeleteResponseItem;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.query.Timestamps;
import io.flotilla.gateway.view.ClusterImage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** `docker image prune`: images no container uses; by default only those without a tag. */
final class ImagePrune {
    static final Set<String> KEYS = Set.of("dangling", "label", "label!", "until");

    private ImagePrune() {}

    /** What was taken away. @param reclaimedBytes of layers no image that stays has */
    record Pruned(List<ImageDeleteResponseItem> deleted, long reclaimedBytes) {}

    static Pruned run(Gateway gateway, Filters filters) {
        boolean danglingOnly = filters.flag("dangling", true);
        ClusterImage cluster = gateway.image();
        Set<String> used = cluster.containers().stream()
                .map(container -> Objects.requireNonNullElse(container.inspect().image(), ""))
                .collect(Collectors.toSet());
        List<ImageDeleteResponseItem> deleted = new ArrayList<>();
        for (Image image : cluster.images()) {
            if (ImageLookup.present(image)
                    && !used.contains(image.id())
                    && (!danglingOnly || image.repoTags().isEmpty())
                    && matches(image, filters)) {
                deleted.addAll(remove(gateway, image));
            }
        }
        return new Pruned(deleted, reclaimed(cluster, deleted));
    }

    private static boolean matches(Image image, Filters filters) {
        boolean[] old = {true};
        filters.each(
                "until",
                time -> old[0] &= ImageView.created(image).isBefore(Instant.ofEpochSecond(0, Timestamps.nanos(time))));
        Map<String, String> labels = ImageView.labels(image);
        return old[0]
                && filters.labelsMatch("label", labels)
                && (filters.get("label!").isEmpty() || !filters.labelsMatch("label!", labels));
    }

    /** Name by name, so that a container made meanwhile keeps its image. */
    private static List<ImageDeleteResponseItem> remove(Gateway gateway, Image image) {
        List<ImageDeleteResponseItem> deleted = new ArrayList<>();
        List<String> names = image.repoTags().isEmpty() ? image.repoDigests() : image.repoTags();
        try {
            if (names.isEmpty()) {
                deleted.addAll(gateway.execute(new Command.RemoveImage(image.id(), null, false))
                        .deleted());
            }
            for (String name : names) {
                deleted.addAll(gateway.execute(new Command.RemoveImage(image.id(), name, false))
                        .deleted());
            }
        } catch (ApiException e) {
            if (e.status() != 409 && e.status() != 404) {
                throw e;
            }
        }
        return deleted;
    }

    private static long reclaimed(ClusterImage before, List<ImageDeleteResponseItem> deleted) {
        Set<String> gone = deleted.stream()
                .map(ImageDeleteResponseItem::deleted)
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
        Map<String, Long> layers = new HashMap<>();
        before.images().stream()
                .filter(image -> gone.contains(image.id()))
                .forEach(image -> layers.putAll(ImageLayers.sizes(image)));
        before.images().stream()
                .filter(image -> ImageLayers.counts(image) && !gone.contains(image.id()))
                .forEach(image ->
                        layers.keySet().removeAll(ImageLayers.sizes(image).keySet()));
        return layers.values().stream().mapToLong(Long::longValue).sum();
    }
}
