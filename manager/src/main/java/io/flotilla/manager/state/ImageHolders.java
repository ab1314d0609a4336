package io.flotilla.manager.state;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Node;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Where a node finds an image's content. */
public final class ImageHolders {
    private ImageHolders() {}

    /** The nodes that have the image and can be reached, by ID. */
    public static List<Assignment.Holder> of(ClusterState state, Image image) {
        return image.nodeIds().stream()
                .sorted()
                .map(state::node)
                .flatMap(Optional::stream)
                .filter(node -> node.agentAddress() != null)
                .map(ImageHolders::holder)
                .toList();
    }

    private static Assignment.Holder holder(Node node) {
        return new Assignment.Holder(node.id(), Objects.requireNonNull(node.agentAddress()));
    }
}
