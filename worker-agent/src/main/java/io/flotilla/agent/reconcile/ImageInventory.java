package io.flotilla.agent.reconcile;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.reconcile.Steps.ImageState;
import io.flotilla.bus.assignment.Assignment.Holder;
import io.flotilla.bus.report.Report;
import java.io.IOException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The node's images as the cluster is told of them: fetched from other nodes once for all tasks that need one, dropped when
 * the cluster has no use for them and no container here has either. Safe for concurrent use.
 */
public final class ImageInventory {
    private static final Logger LOG = Logger.getLogger(ImageInventory.class);

    private final String nodeId;
    private final ImageStore store;
    private final Peers peers;
    private final Outbox outbox;
    private final ContainerEvents events;
    private final InstantSource clock;
    private final Executor fetchers;
    /** Who waits for images that are under way. */
    private final Map<String, List<WhenOver>> fetches = new ConcurrentHashMap<>();

    private final Set<String> drops = ConcurrentHashMap.newKeySet();

    /** Where images of other nodes come from. */
    public interface Peers {
        /** The image as an archive; the caller closes it. @throws IOException when the node does not have or give it */
        InputStream fetch(String imageId, Holder from) throws IOException;
    }

    /** Told once when a fetch is over. */
    interface WhenOver {
        /** @param failure why the image did not come, null when it did */
        void over(@Nullable String failure);
    }

    ImageInventory(
            String nodeId,
            ImageStore store,
            Peers peers,
            Outbox outbox,
            ContainerEvents events,
            InstantSource clock,
            Executor fetchers) {
        this.nodeId = nodeId;
        this.store = store;
        this.peers = peers;
        this.outbox = outbox;
        this.events = events;
        this.clock = clock;
        this.fetchers = fetchers;
    }

    ImageState state(@Nullable String imageId) {
        if (imageId == null) {
            return new ImageState.Absent();
        }
        if (store.find(imageId).isPresent()) {
            return new ImageState.Here();
        }
        return fetches.containsKey(imageId) ? new ImageState.Coming() : new ImageState.Absent();
    }

    Optional<StoredImage> find(String imageId) {
        return store.find(imageId);
    }

    /** Begins to take the image from one of its holders, or joins who does. */
    void fetch(String imageId, String reference, List<Holder> holders, WhenOver whenOver) {
        List<Holder> others = holders.stream()
                .filter(holder -> !holder.nodeId().equals(nodeId))
                .toList();
        boolean[] first = {false};
        fetches.compute(imageId, (id, present) -> {
            first[0] = present == null;
            List<WhenOver> waiting = new ArrayList<>(present == null ? List.of() : present);
            waiting.add(whenOver);
            return List.copyOf(waiting);
        });
        if (first[0]) {
            fetchers.execute(() -> {
                String failure = take(imageId, reference, others);
                List<WhenOver> waiting = fetches.remove(imageId);
                if (waiting != null) {
                    waiting.forEach(each -> each.over(failure));
                }
            });
        }
    }

    /** Why the image did not come, null when it did. */
    private @Nullable String take(String imageId, String reference, List<Holder> holders) {
        List<String> reasons = new ArrayList<>();
        for (Holder holder : holders) {
            try (InputStream archive = peers.fetch(imageId, holder)) {
                List<StoredImage> loaded = store.load(archive, progress -> {});
                Optional<StoredImage> image = loaded.stream()
                        .filter(each -> each.id().equals(imageId))
                        .findFirst();
                if (image.isPresent()) {
                    loaded(image.get(), List.of(), "pull");
                    return null;
                }
                reasons.add("node " + holder.nodeId() + " sent another image");
            } catch (IOException | ImageRefused e) {
                reasons.add("node " + holder.nodeId() + ": " + e.getMessage());
            }
        }
        String suffix = reasons.isEmpty() ? "" : " (" + String.join("; ", reasons) + ")";
        return "No such image: " + reference + suffix;
    }

    /**
     * Tells the cluster of content that came.
     *
     * @param names the archive gave it, complete references
     * @param action of the event, load or pull
     */
    public void loaded(StoredImage image, List<String> names, String action) {
        drops.remove(image.id());
        outbox.report(
                "image/" + image.id(),
                new Report.ImageLoaded(
                        nodeId,
                        image.id(),
                        names,
                        image.config(),
                        image.sizeBytes(),
                        image.layers().stream()
                                .map(StoredImage.LayerSize::sizeBytes)
                                .toList(),
                        image.created()));
        reportHeld();
        String name = names.isEmpty() ? image.id() : names.getFirst();
        outbox.event(events.image(action, image.id(), name, clock.instant()));
    }

    void reportHeld() {
        outbox.report(
                "images",
                new Report.ImagesHeld(
                        nodeId,
                        store.list().stream().map(StoredImage::id).sorted().toList()));
    }

    /** The cluster has removed the image: its content goes as soon as no container here is made of it. */
    void drop(String imageId) {
        drops.add(imageId);
        dropUnused();
    }

    /** The cluster took the removal back. */
    void keep(String imageId) {
        drops.remove(imageId);
    }

    /** Removes what is to be dropped and not in use; the rest is tried again when a container has gone. */
    void dropUnused() {
        for (String imageId : drops) {
            try {
                store.remove(imageId);
                drops.remove(imageId);
                outbox.event(events.image("delete", imageId, imageId, clock.instant()));
                reportHeld();
            } catch (ImageRefused inUse) {
                LOG.debugf("image %s stays for now: %s", imageId, inUse.getMessage());
            } catch (IOException e) {
                LOG.warnf("image %s could not be removed, which is tried again: %s", imageId, e.getMessage());
            }
        }
    }
}
