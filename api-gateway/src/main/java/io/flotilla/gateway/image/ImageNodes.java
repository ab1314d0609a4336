package io.flotilla.gateway.image;

import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Which node does what with images: this host where it can. */
public final class ImageNodes {
    private ImageNodes() {}

    /** One to bring images to, or to speak to registries; the others take the image from there. @throws ApiException 503 */
    public static Node any(Gateway gateway) {
        return candidates(gateway)
                .findFirst()
                .orElseThrow(() -> ApiException.unavailable("no node is there to work with images"));
    }

    /** One that has all of the images. @throws ApiException 503 naming one that is out of reach */
    static Node holding(Gateway gateway, List<Image> images) {
        Optional<Node> holder = candidates(gateway)
                .filter(node ->
                        images.stream().allMatch(image -> image.nodeIds().contains(node.id())))
                .findFirst();
        return holder.orElseThrow(() -> ApiException.unavailable(
                images.size() == 1
                        ? "no node that is up has image " + images.getFirst().id()
                        : "no node that is up has all of the images together"));
    }

    private static Stream<Node> candidates(Gateway gateway) {
        return Stream.concat(
                        gateway.self().stream(),
                        gateway.image().nodes().stream().filter(ImageNodes::ready))
                .filter(node -> node.agentAddress() != null);
    }

    private static boolean ready(Node node) {
        return node.status() != null && node.status().state() == NodeState.READY;
    }
}
