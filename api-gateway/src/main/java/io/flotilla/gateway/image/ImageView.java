package io.flotilla.gateway.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.ImageSummary;
import io.flotilla.bus.schema.ImageSummaryBuilder;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Images as clients see them. The OCI image configuration is the source of most of it. */
public final class ImageView {
    private ImageView() {}

    /** An element of GET /images/json. SharedSize and Containers are not computed, hence -1. */
    public static ImageSummary summary(Image image) {
        return ImageSummaryBuilder.builder()
                .id(image.id())
                .parentId("")
                .repoTags(image.repoTags())
                .repoDigests(image.repoDigests())
                .created(created(image).getEpochSecond())
                .size(image.sizeBytes())
                .sharedSize(-1L)
                .labels(labels(image))
                .containers(-1L)
                .build();
    }

    static Instant created(Image image) {
        return instant(image.config().path("created"));
    }

    private static Instant instant(JsonNode time) {
        try {
            return Instant.parse(time.asText());
        } catch (DateTimeException e) {
            return Instant.EPOCH; // the field is optional, and archives made by hand leave it out
        }
    }

    static Map<String, String> labels(Image image) {
        Map<String, String> labels = new TreeMap<>();
        image.config()
                .path("config")
                .path("Labels")
                .properties()
                .forEach(entry -> labels.put(entry.getKey(), entry.getValue().asText()));
        return labels;
    }

    /** GET /images/{name}/json. */
    static ObjectNode inspect(Image image) {
        ObjectNode config = image.config();
        ObjectNode json = Codec.JSON.mapper().createObjectNode();
        json.put("Id", image.id());
        json.set("RepoTags", strings(image.repoTags()));
        json.set("RepoDigests", strings(image.repoDigests()));
        json.put("Comment", lastComment(config));
        json.put("Created", created(image).toString());
        json.put("Author", config.path("author").asText(""));
        json.set("Config", config.path("config").isObject() ? config.path("config") : json.objectNode());
        json.put("Architecture", config.path("architecture").asText(""));
        copy(config, "variant", json, "Variant");
        json.put("Os", config.path("os").asText(""));
        copy(config, "os.version", json, "OsVersion");
        json.put("Size", image.sizeBytes());
        json.putObject("GraphDriver").put("Name", "overlay2").putNull("Data");
        ObjectNode root = json.putObject("RootFS").put("Type", "layers");
        root.set("Layers", config.path("rootfs").path("diff_ids").deepCopy());
        json.putObject("Metadata").put("LastTagTime", image.updatedAt().toString());
        return json;
    }

    private static void copy(ObjectNode from, String field, ObjectNode to, String name) {
        if (from.hasNonNull(field)) {
            to.set(name, from.get(field));
        }
    }

    private static String lastComment(ObjectNode config) {
        JsonNode history = config.path("history");
        return history.path(history.size() - 1).path("comment").asText("");
    }

    /** GET /images/{name}/history, the newest step first, each with the size of the layer it made. */
    static ArrayNode history(Image image) {
        List<JsonNode> steps = new ArrayList<>();
        image.config().path("history").forEach(steps::add);
        Collections.reverse(steps);
        Iterator<Long> sizes = image.layerSizesBytes().reversed().iterator();
        ArrayNode answer = Codec.JSON.mapper().createArrayNode();
        for (JsonNode step : steps) {
            boolean first = answer.isEmpty();
            ObjectNode item = answer.addObject();
            item.put("Id", first ? image.id() : "<missing>");
            item.put("Created", instant(step.path("created")).getEpochSecond());
            item.put("CreatedBy", step.path("created_by").asText(""));
            item.set("Tags", first ? strings(image.repoTags()) : item.nullNode());
            item.put("Size", hasLayer(step) && sizes.hasNext() ? sizes.next() : 0);
            item.put("Comment", step.path("comment").asText(""));
        }
        return answer;
    }

    private static boolean hasLayer(JsonNode step) {
        return !step.path("empty_layer").asBoolean(false);
    }

    private static ArrayNode strings(List<String> values) {
        ArrayNode array = Codec.JSON.mapper().createArrayNode();
        values.forEach(array::add);
        return array;
    }
}
