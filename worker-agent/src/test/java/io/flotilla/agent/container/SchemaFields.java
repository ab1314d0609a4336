package io.flotilla.agent.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.bus.codec.Codec;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Fields of the schema's types, as JSON has them. */
final class SchemaFields {
    private static final ObjectMapper JSON = Codec.JSON.mapper();

    private SchemaFields() {}

    /** Each field of the object with its value as JSON. */
    static Map<String, String> fields(String json) {
        Map<String, String> fields = new TreeMap<>();
        try {
            for (Map.Entry<String, JsonNode> field : JSON.readTree(json).properties()) {
                fields.put(field.getKey(), field.getValue().toString());
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return fields;
    }

    static List<String> names(Class<?> type) {
        return JSON.getSerializationConfig().introspect(JSON.constructType(type)).findProperties().stream()
                .map(property -> property.getName())
                .toList();
    }
}
