package io.flotilla.gateway.image;

import io.flotilla.bus.node.LoadedImage;
import io.flotilla.bus.schema.Image;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.ClusterView;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Waits until the cluster knows of images a node has stored, so that the client's next call finds them. */
public final class ImageArrival {
    /** From the node's report over the bus and the managers back to this view. */
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private ImageArrival() {}

    /** @throws ApiException 503 when the cluster has not heard of them in time; the images stand */
    public static void await(ClusterView view, List<LoadedImage> stored) {
        try (ClusterView.Follower follower = view.follower()) {
            long deadline = System.nanoTime() + TIMEOUT.toNanos();
            while (true) {
                Optional<ClusterImage> image = follower.next(Duration.ofNanos(deadline - System.nanoTime()));
                if (image.isEmpty()) {
                    throw ApiException.unavailable(
                            "the image is stored on its node, but the cluster has not heard of it" + " within "
                                    + TIMEOUT.toSeconds() + " s");
                }
                if (stored.stream().allMatch(one -> knows(image.get(), one))) {
                    return;
                }
            }
        }
    }

    private static boolean knows(ClusterImage cluster, LoadedImage stored) {
        Optional<Image> image = cluster.image(stored.id()).filter(ImageLookup::present);
        return image.isPresent()
                && image.get().repoTags().containsAll(stored.names())
                && image.get().repoDigests().containsAll(stored.digests());
    }
}
