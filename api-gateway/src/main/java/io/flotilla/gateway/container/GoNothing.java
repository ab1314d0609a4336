package io.flotilla.gateway.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How Go's encoding/json writes what is not there, for clients that tell null, empty and left out apart: null for a slice or a
 * map that was never set, nothing for a field marked omitempty.
 */
final class GoNothing {
    private GoNothing() {}

    /** @param json anything; what is no object stays as it is */
    static void nullEmpty(JsonNode json, Collection<String> fields) {
        if (json instanceof ObjectNode object) {
            for (String field : fields) {
                JsonNode value = object.get(field);
                if (value != null && value.isContainerNode() && value.isEmpty()) {
                    object.putNull(field);
                }
            }
        }
    }

    static void nullAllEmpty(JsonNode json) {
        nullEmpty(json, names(json));
    }

    static void omitNulls(JsonNode json, Set<String> kept) {
        if (json instanceof ObjectNode object) {
            object.remove(names(object).stream()
                    .filter(name -> object.path(name).isNull() && !kept.contains(name))
                    .toList());
        }
    }

    private static List<String> names(JsonNode json) {
        return json.properties().stream().map(Map.Entry::getKey).toList();
    }
}
