package io.flotilla.gateway.container;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.EndpointSettings;
import io.flotilla.gateway.version.ApiVersion;
import io.flotilla.gateway.version.Shape;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Endpoints;
import io.flotilla.gateway.view.Links;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The elements of GET /containers/json, each made text once for as long as its container stays what it is: clients ask for
 * the list all the time, and of a container at rest only the status counts up. A container is one immutable value, so that
 * the same value on the same networks, with the same links to it, has the same text. Used by any thread.
 */
@ApplicationScoped
public class SummaryTexts {
    /** Texts kept beyond two of each container there is, for clients of two versions, before the others are dropped. */
    private static final int SPARE_TEXTS = 256;

    private static final byte[] STATUS = ",\"Status\":".getBytes(StandardCharsets.US_ASCII);

    private record Key(String containerId, int variant) {}

    /**
     * @param endpoints what the cluster's networks add to the container
     * @param linked the names others give it
     * @param open all fields but the status, without the closing brace
     */
    private record Text(Container of, Map<String, EndpointSettings> endpoints, List<String> linked, byte[] open) {
        boolean isOf(Container container, Map<String, EndpointSettings> now, List<String> linkedNow) {
            return of == container && endpoints.equals(now) && linked.equals(linkedNow);
        }
    }

    private final Map<Key, Text> texts = new ConcurrentHashMap<>();

    /** The list as JSON, as a client of a version knows it. @param now the status texts count up to */
    byte[] list(ClusterImage image, List<Container> containers, ApiVersion version, Instant now) {
        forgetRemoved(image);
        Map<String, List<String>> links = Links.names(image);
        int variant = Shape.CONTAINER_SUMMARY.variant(version);
        ByteArrayOutputStream json = new ByteArrayOutputStream(1024 * (1 + containers.size()));
        json.write('[');
        for (Container container : containers) {
            if (json.size() > 1) {
                json.write(',');
            }
            List<String> linked = links.getOrDefault(container.id(), List.of());
            json.writeBytes(open(new Key(container.id(), variant), container, linked, image, version));
            json.writeBytes(STATUS);
            json.writeBytes(Codec.JSON.encode(
                    ContainerView.statusText(container.inspect().state(), now)));
            json.write('}');
        }
        json.write(']');
        return json.toByteArray();
    }

    private byte[] open(Key key, Container container, List<String> linked, ClusterImage image, ApiVersion version) {
        Text known = texts.get(key);
        Map<String, EndpointSettings> endpoints = Endpoints.of(container, image);
        if (known != null && known.isOf(container, endpoints, linked)) {
            return known.open();
        }
        ObjectNode summary =
                Codec.JSON.mapper().valueToTree(ContainerView.summary(container, image, linked, container.createdAt()));
        summary.remove("Status");
        byte[] closed = Codec.JSON.encode(Shape.CONTAINER_SUMMARY.adapt(summary, version));
        byte[] open = Arrays.copyOf(closed, closed.length - 1);
        texts.put(key, new Text(container, endpoints, linked, open));
        return open;
    }

    private void forgetRemoved(ClusterImage image) {
        if (texts.size() > 2 * image.containers().size() + SPARE_TEXTS) {
            texts.keySet().removeIf(key -> image.container(key.containerId()).isEmpty());
        }
    }
}
