package io.flotilla.manager.state;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Image;
import java.util.List;
import java.util.Optional;

/** What a node is told of a container of no service; the same in a command's answer and on flotilla.assignments. */
public final class ContainerShare {
    private ContainerShare() {}

    /** Empty for a task's container: its task is assigned. */
    public static Optional<Assignment.RunContainer> of(ClusterState state, Container container) {
        return Optional.ofNullable(container.request())
                .map(request -> new Assignment.RunContainer(
                        container.id(), request, holders(state, container), container.starts()));
    }

    /** Only until the node has made the container does it matter who has its image. */
    public static boolean needsImage(Container container) {
        return container.request() != null && container.observed() == 0;
    }

    private static List<Assignment.Holder> holders(ClusterState state, Container container) {
        String imageId =
                container.request() == null ? null : container.request().imageId();
        Optional<Image> image = imageId == null ? Optional.empty() : state.image(imageId);
        return image.map(held -> ImageHolders.of(state, held)).orElse(List.of());
    }
}
