package io.flotilla.agent.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A value with one text, key or number of it in turn replaced by each of what someone would try. */
final class SpoiledJson {
    private static final List<String> TEXTS = List.of(
            "",
            ".",
            "..",
            "../../etc/passwd",
            "/..",
            "/../../etc",
            "a/../b",
            "//",
            "\0",
            "x\0y",
            "/x\0y",
            "/x\0y:/b",
            "/b:/x\0y",
            "/b:/x:ro\0",
            "/\ud800",
            "/" + "a".repeat(300),
            "/a".repeat(3000),
            "/" + "a".repeat(300) + ":/b",
            ":",
            ":::",
            "x:y:z:w",
            "=",
            "a=b=c",
            "container:",
            "container:\0",
            "-1",
            "99999999999999999999",
            "0-99999999999",
            "80/",
            "/tcp",
            "1-99999/tcp",
            "\u202e",
            "x\ny",
            "%2e%2e%2f",
            "\\..\\x",
            "[::1",
            "file:///etc/passwd");
    private static final List<Long> NUMBERS =
            List.of(0L, -1L, 1L, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 31, -(1L << 31) - 1, 1L << 32);

    private SpoiledJson() {}

    static List<JsonNode> of(JsonNode value) {
        List<JsonNode> all = new ArrayList<>();
        spoil(value, all::add);
        return all;
    }

    private static void spoil(JsonNode value, Consumer<JsonNode> to) {
        switch (value) {
            case ObjectNode object -> spoilFields(object, to);
            case ArrayNode list -> spoilElements(list, to);
            default -> {
                if (value.isTextual()) {
                    TEXTS.forEach(text -> to.accept(JsonNodeFactory.instance.textNode(text)));
                } else if (value.isNumber()) {
                    NUMBERS.forEach(number -> to.accept(JsonNodeFactory.instance.numberNode(number)));
                }
            }
        }
    }

    private static void spoilFields(ObjectNode object, Consumer<JsonNode> to) {
        for (String name : List.copyOf(
                object.properties().stream().map(field -> field.getKey()).toList())) {
            spoil(object.get(name), other -> to.accept(object.deepCopy().set(name, other)));
            for (String key : TEXTS) {
                ObjectNode renamed = object.deepCopy();
                renamed.set(key, renamed.remove(name));
                to.accept(renamed);
            }
        }
    }

    private static void spoilElements(ArrayNode list, Consumer<JsonNode> to) {
        to.accept(JsonNodeFactory.instance.arrayNode());
        for (int i = 0; i < list.size(); i++) {
            int at = i;
            spoil(list.get(i), other -> {
                ArrayNode changed = list.deepCopy();
                changed.set(at, other);
                to.accept(changed);
            });
        }
    }
}
