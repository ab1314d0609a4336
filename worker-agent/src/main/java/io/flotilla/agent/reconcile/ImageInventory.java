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
    private final Registries registries;
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

    /** Where images of no node come from. */
    public interface Registries {
        /**
         * Pulls an image.
         *
         * @param registryAuth an X-Registry-Auth, null for nothing
         * @throws IOException naming registry, status and image
         */
        Pulled pull(String reference, @Nullable String registryAuth)
                throws IOException, ImageRefused, InterruptedException;
    }

    /** @param names complete references it got @param digests repository@sha256:... */
    public record Pulled(StoredImage image, List<String> names, List<String> digests) {}

    /** Told once when a fetch is over. */
    interface WhenOver {
        /** @param imageId what came, null when nothing did @param failure why, null when it came */
        void over(@Nullable String imageId, @Nullable String failure);
    }

    ImageInventory(
            String nodeId,
            ImageStore store,
            Peers peers,
            Registries registries,
            Outbox outbox,
            ContainerEvents events,
            InstantSource clock,
            Executor fetchers) {
        this.nodeId = nodeId;
        this.store = store;
        this.peers = peers;
        this.registries = registries;
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

    /**
     * What a task needs.
     *
     * @param imageId null while the cluster does not know the image
     * @param reference what the user called it
     * @param holders nodes that have it
     * @param registryAuth for pulling it when they do not give it, null for nothing
     */
    record Need(
            @Nullable String imageId,
            String reference,
            List<Holder> holders,
            @Nullable String registryAuth) {
        private String key() {
            return imageId == null ? reference + " " + registryAuth : imageId;
        }
    }

    /** Begins to take the image from one of its holders or else its registry, or joins who does. */
    void fetch(Need need, WhenOver whenOver) {
        boolean[] first = {false};
        fetches.compute(need.key(), (id, present) -> {
            first[0] = present == null;
            List<WhenOver> waiting = new ArrayList<>(present == null ? List.of() : present);
            waiting.add(whenOver);
            return List.copyOf(waiting);
        });
        if (first[0]) {
            fetchers.execute(() -> take(need));
        }
    }

    private void take(Need need) {
        List<String> reasons = new ArrayList<>();
        Optional<StoredImage> image = fromPeers(need, reasons);
        if (image.isEmpty()) {
            image = fromRegistry(need, reasons);
        }
        String imageId = image.map(StoredImage::id).orElse(null);
        String failure = image.isPresent()
                ? null
                : "No such image: " + need.reference() + " (" + String.join("; ", reasons) + ")";
        List<WhenOver> waiting = fetches.remove(need.key());
        if (waiting != null) {
            waiting.forEach(each -> each.over(imageId, failure));
        }
    }

    private Optional<StoredImage> fromPeers(Need need, List<String> reasons) {
        String imageId = need.imageId();
        if (imageId == null) {
            return Optional.empty();
        }
        for (Holder holder : need.holders()) {
            if (holder.nodeId().equals(nodeId)) {
                continue;
            }
            try (InputStream archive = peers.fetch(imageId, holder)) {
                List<StoredImage> loaded = store.load(archive, progress -> {});
                Optional<StoredImage> image = loaded.stream()
                        .filter(each -> each.id().equals(imageId))
                        .findFirst();
                if (image.isPresent()) {
                    loaded(image.get(), List.of(), List.of());
                    return image;
                }
                reasons.add("node " + holder.nodeId() + " sent another image");
            } catch (IOException | ImageRefused e) {
                reasons.add("node " + holder.nodeId() + ": " + e.getMessage());
            }
        }
        return Optional.empty();
    }

    private Optional<StoredImage> fromRegistry(Need need, List<String> reasons) {
        try {
            Pulled pulled = registries.pull(need.reference(), need.registryAuth());
            if (need.imageId() != null && !need.imageId().equals(pulled.image().id())) {
                reasons.add("the registry has another image as " + need.reference());
                return Optional.empty();
            }
            loaded(pulled.image(), pulled.names(), pulled.digests());
            event("pull", need.reference(), nameOf(need.reference()), pulled.image());
            return Optional.of(pulled.image());
        } catch (IOException | ImageRefused e) {
            // the registry's own words tell a name that is known nowhere from one that could not be had
            reasons.add(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reasons.add("the agent is closing");
        }
        return Optional.empty();
    }

    private static String nameOf(String reference) {
        String bare = reference.replaceFirst("@.*", "");
        int colon = bare.indexOf(':', bare.lastIndexOf('/') + 1);
        return colon < 0 ? bare : bare.substring(0, colon);
    }

    /**
     * Tells the cluster of content that came, or of a name it has got in a registry.
     *
     * @param names complete references it was given
     * @param digests repository@sha256:... it is known by in registries
     */
    public void loaded(StoredImage image, List<String> names, List<String> digests) {
        drops.remove(image.id());
        report(image, names, digests, false);
        reportHeld();
    }

    private void report(StoredImage image, List<String> names, List<String> digests, boolean recalled) {
        outbox.report(
                (recalled ? "recalled/" : "image/") + image.id() + names + digests,
                new Report.ImageLoaded(
                        nodeId,
                        image.id(),
                        names,
                        image.config(),
                        digests,
                        image.sizeBytes(),
                        image.layers().stream()
                                .map(StoredImage.LayerSize::sizeBytes)
                                .toList(),
                        image.created(),
                        recalled));
    }

    /**
     * Tells the world.
     *
     * @param action load, pull, push, save, import ...
     * @param actor the image's ID, or for pull and push its reference, as in Docker
     * @param name attribute of the event
     */
    public void event(String action, String actor, String name, StoredImage image) {
        outbox.event(events.image(action, actor, name, image.config(), clock.instant()));
    }

    /** Everything stored: the agent may have ended between storing an image and telling of it. */
    void reportAll() {
        store.list().forEach(image -> report(image, image.names(), List.of(), true));
        reportHeld();
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
                reportHeld();
            } catch (ImageRefused inUse) {
                LOG.debugf("image %s stays for now: %s", imageId, inUse.getMessage());
            } catch (IOException e) {
                LOG.warnf("image %s could not be removed, which is tried again: %s", imageId, e.getMessage());
            }
        }
    }
}
