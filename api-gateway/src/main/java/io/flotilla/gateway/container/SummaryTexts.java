package io.flotilla.gateway.container;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Container;
import io.flotilla.gateway.version.ApiVersion;
import io.flotilla.gateway.version.Shape;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Endpoints;
import io.flotilla.gateway.view.Links;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
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

    private static final String STATUS = ",\"Status\":\"";

    private record Key(String containerId, int variant) {}

    /**
     * @param networkIds what the cluster adds to the container's networks
     * @param linked the names others give it
     * @param open all fields, and the status as far as its time
     * @param close the rest of the status, and the closing brace
     */
    private record Text(
            Container of,
            Map<String, String> networkIds,
            List<String> linked,
            StatusText status,
            byte[] open,
            byte[] close) {
        boolean isOf(Container container, Map<String, String> networkIdsNow, List<String> linkedNow) {
            return of == container && networkIds.equals(networkIdsNow) && linked.equals(linkedNow);
        }
    }

    private final Map<Key, Text> texts = new ConcurrentHashMap<>();
    private volatile Map<String, String> lastNetworkIds = Map.of();

    /** The list as JSON, as a client of a version knows it. @param now the status texts count up to */
    byte[] list(ClusterImage image, List<Container> containers, ApiVersion version, Instant now) {
        forgetRemoved(image);
        Map<String, List<String>> links = Links.names(image);
        Map<String, String> networkIds = networkIds(image);
        int variant = Shape.CONTAINER_SUMMARY.variant(version);
        ByteArrayOutputStream json = new ByteArrayOutputStream(1024 * (1 + containers.size()));
        json.write('[');
        for (Container container : containers) {
            if (json.size() > 1) {
                json.write(',');
            }
            List<String> linked = links.getOrDefault(container.id(), List.of());
            Key key = new Key(container.id(), variant);
            Text known = texts.get(key);
            if (known == null || !known.isOf(container, networkIds, linked)) {
                known = text(container, networkIds, linked, image, version);
                texts.put(key, known);
            }
            json.writeBytes(known.open());
            json.writeBytes(known.status().elapsed(now).getBytes(StandardCharsets.US_ASCII));
            json.writeBytes(known.close());
        }
        json.write(']');
        return json.toByteArray();
    }

    /** The same map as long as the networks are the same ones: that it equals itself is known at once. */
    private Map<String, String> networkIds(ClusterImage image) {
        Map<String, String> now = Endpoints.networkIds(image);
        Map<String, String> before = lastNetworkIds;
        if (now.equals(before)) {
            return before;
        }
        lastNetworkIds = now;
        return now;
    }

    private static Text text(
            Container container,
            Map<String, String> networkIds,
            List<String> linked,
            ClusterImage image,
            ApiVersion version) {
        ObjectNode summary =
                Codec.JSON.mapper().valueToTree(ContainerView.summary(container, image, linked, container.createdAt()));
        summary.remove("Status");
        byte[] closed = Codec.JSON.encode(Shape.CONTAINER_SUMMARY.adapt(summary, version));
        StatusText status = StatusText.of(container.inspect().state());
        ByteArrayOutputStream open = new ByteArrayOutputStream(closed.length + 64);
        open.write(closed, 0, closed.length - 1);
        open.writeBytes((STATUS + quoted(status.before())).getBytes(StandardCharsets.UTF_8));
        byte[] close = (quoted(status.after()) + "\"}").getBytes(StandardCharsets.UTF_8);
        return new Text(container, networkIds, linked, status, open.toByteArray(), close);
    }

    /** As it stands between the quotes of a JSON string. */
    private static String quoted(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    private void forgetRemoved(ClusterImage image) {
        if (texts.size() > 2 * image.containers().size() + SPARE_TEXTS) {
            texts.keySet().removeIf(key -> image.container(key.containerId()).isEmpty());
        }
    }
}
