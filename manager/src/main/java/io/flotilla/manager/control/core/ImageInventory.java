package io.flotilla.manager.control.core;

import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.manager.state.ImageNames;
import io.flotilla.manager.state.Turn;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Which images the cluster has, under which names, and on which nodes. A name points at one image. */
final class ImageInventory {
    private ImageInventory() {}

    static void loaded(Turn turn, Report.ImageLoaded loaded) {
        Image before = turn.state()
                .image(loaded.imageId())
                .orElseGet(() -> new Image(
                        loaded.imageId(),
                        new ObjectVersion(0),
                        turn.now(),
                        turn.now(),
                        List.of(),
                        List.of(),
                        loaded.config(),
                        loaded.sizeBytes(),
                        loaded.layerSizesBytes(),
                        List.of(),
                        null));
        if (loaded.recalled() && turn.state().image(loaded.imageId()).isPresent()) {
            put(turn, before.withNodeIds(plus(before.nodeIds(), loaded.nodeId())));
            return;
        }
        boolean fetched = loaded.names().isEmpty() && loaded.digests().isEmpty();
        // content taken from a peer does not bring back what a user has removed meanwhile
        Boolean removed = fetched ? before.removed() : null;
        put(turn, before.with(image -> image.nodeIds(plus(before.nodeIds(), loaded.nodeId()))
                .removed(removed)));
        loaded.names().stream()
                .map(ImageNames::familiar)
                // a name that was given to another image meanwhile stays there
                .filter(name ->
                        !loaded.recalled() || turn.state().imageTagged(name).isEmpty())
                .forEach(name -> tag(turn, loaded.imageId(), name));
        loaded.digests().forEach(digest -> known(turn, loaded.imageId(), digest));
    }

    /** A registry's name for the image; it is of the content, so no other image has it. */
    private static void known(Turn turn, String imageId, String digest) {
        turn.state()
                .image(imageId)
                .ifPresent(image -> put(turn, image.withRepoDigests(plus(image.repoDigests(), digest))));
    }

    static void held(Turn turn, Report.ImagesHeld held) {
        Set<String> ids = new HashSet<>(held.imageIds());
        for (Image image : List.copyOf(turn.state().images())) {
            List<String> nodes = ids.contains(image.id())
                    ? plus(image.nodeIds(), held.nodeId())
                    : image.nodeIds().stream()
                            .filter(node -> !node.equals(held.nodeId()))
                            .toList();
            if (!nodes.equals(image.nodeIds())) {
                settle(turn, image.withNodeIds(nodes));
            }
        }
    }

    /** A node that is no more holds nothing. */
    static void nodeGone(Turn turn, String nodeId) {
        held(turn, new Report.ImagesHeld(nodeId, List.of()));
    }

    /** Points a name at an image; it leaves the one it pointed at, which stays without it. */
    static void tag(Turn turn, String imageId, String reference) {
        turn.state()
                .imageTagged(reference)
                .filter(other -> !other.id().equals(imageId))
                .ifPresent(other -> put(turn, other.withRepoTags(minus(other.repoTags(), reference))));
        turn.state()
                .image(imageId)
                .ifPresent(image -> put(turn, image.withRepoTags(plus(image.repoTags(), reference))));
    }

    /** Stores the image, or forgets it when it was removed and nobody holds it any more. */
    static void settle(Turn turn, Image image) {
        if (Boolean.TRUE.equals(image.removed()) && image.nodeIds().isEmpty()) {
            turn.remove(ObjectKind.IMAGE, image.id());
        } else {
            put(turn, image);
        }
    }

    static List<String> minus(List<String> from, String element) {
        return from.stream().filter(e -> !e.equals(element)).toList();
    }

    private static List<String> plus(List<String> to, String element) {
        Set<String> all = new LinkedHashSet<>(to);
        all.add(element);
        return new ArrayList<>(all);
    }

    private static void put(Turn turn, Image image) {
        if (!image.equals(turn.state().image(image.id()).orElse(null))) {
            turn.put(image.withUpdatedAt(turn.now()));
        }
    }
}
