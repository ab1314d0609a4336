package io.flotilla.gateway;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/**
 * A request with something wrong in it, or nothing: an operation with names, parameters and a body that are off.
 *
 * @param operation as it is meant
 * @param method as it is sent
 * @param target as it stands in the request line
 */
record HostileRequest(Operation operation, String method, String target, String body, Framing framing) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** How the body is sent. */
    enum Framing {
        WHOLE,
        IN_CHUNKS,
        /** Less than was announced, and then the end. */
        TRUNCATED,
        BAD_CHUNK_SIZE;

        /** True when a client sends a request to its end. */
        boolean complete() {
            return this == WHOLE || this == IN_CHUNKS;
        }
    }

    private static final List<String> VERSIONS =
            List.of("", "", "/v1.24", "/v1.41", "/v1.52", "/v1.999", "/v9999999999.1");

    private static final List<String> NAMES = List.of(
            "web",
            "web1",
            "web.1.task2",
            "busybox",
            "bridge",
            "task2",
            "nope",
            "..",
            ".",
            "%2e%2e",
            "%2e%2e%2fetc",
            "%00",
            "%zz",
            "%ff%fe",
            "a%2Fb",
            "a b",
            "{x}",
            "\"",
            "<x>",
            "",
            "%",
            "a".repeat(1000),
            "web%0d%0aX:y",
            ":",
            "//x",
            "\\",
            ";",
            "x;y=z",
            "sha256:",
            "x@sha256:zz",
            "é",
            "%f0%9f%90%b3",
            "-1",
            "*",
            "?",
            "#");

    private static final List<String> VALUES = List.of(
            "",
            "1",
            "-1",
            "0",
            "maybe",
            "all",
            "99999999999999999999",
            "9999999999",
            "1.5",
            "1.9999999999",
            "1e9",
            "18446744073709551615",
            "NaN",
            "SIGKILL",
            "999",
            "%zz",
            "%",
            "%00",
            "=",
            "é",
            "A",
            "a/b/",
            "x:y:z",
            "[".repeat(500));

    private static final List<String> FILTERS = List.of(
            "{\"name\":[\"x\"]}",
            "{\"name\":{\"x\":true}}",
            "{\"name\":{\"x\":{}}}",
            "{\"foo\":[\"x\"]}",
            "{\"name\":[1]}",
            "{\"name\":null}",
            "{\"name\":\"x\"}",
            "{",
            "[]",
            "null",
            "1",
            "\"x\"",
            "{} {}",
            "{\"until\":[\"9999999999\"]}",
            "{\"until\":[\"x\"]}",
            "{\"label\":[\"=\",\"a==b\",\"\"]}",
            "{\"since\":[\"nope\"],\"before\":[\"nope\"]}",
            "{\"status\":[\"foo\"]}",
            "{\"exited\":[\"x\"]}",
            "{\"is-task\":[\"2\"]}",
            "{\"name\":[\"[\"]}",
            "{\"name\":[\"(a+)+$\"]}",
            "{\"publish\":[\"1-99999\"]}",
            "{\"health\":[\"x\"],\"network\":[\"\"]}",
            "{\"reference\":[\"[\"],\"dangling\":[\"x\"]}",
            "{\"desired-state\":[\"up\"]}",
            "{\"mode\":[\"x\"]}",
            "{\"id\":" + "[".repeat(3000),
            "%7B%22name%22");

    /** In place of any value of a body. */
    private static final List<String> JSON_VALUES = List.of(
            "null",
            "1",
            "-1",
            "1.5",
            "1e400",
            "99999999999999999999",
            "9223372036854775807",
            "\"\"",
            "\"x\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "true",
            "[]",
            "{}",
            "[null]",
            "[[]]",
            "{\"\":null}",
            "{\"a\":{\"b\":[1]}}");

    static Arbitrary<HostileRequest> any() {
        Arbitrary<Framing> framings = Arbitraries.frequency(
                Tuple.of(12, Framing.WHOLE),
                Tuple.of(3, Framing.IN_CHUNKS),
                Tuple.of(1, Framing.TRUNCATED),
                Tuple.of(1, Framing.BAD_CHUNK_SIZE));
        return Arbitraries.of(Operation.ALL).flatMap(operation -> Combinators.combine(
                        Arbitraries.just(operation),
                        methods(operation),
                        targets(operation),
                        bodies(operation),
                        framings)
                .as(HostileRequest::new));
    }

    private static Arbitrary<String> methods(Operation operation) {
        return Arbitraries.frequencyOf(
                Tuple.of(20, Arbitraries.just(operation.method())),
                Tuple.of(1, Arbitraries.of("PUT", "PATCH", "DELETE", "OPTIONS", "FOO", "get")));
    }

    private static Arbitrary<String> targets(Operation operation) {
        return Combinators.combine(Arbitraries.of(VERSIONS), Arbitraries.of(NAMES), queries(operation))
                .as((version, name, query) ->
                        (version + operation.path().replaceAll("\\{[^}]*}", quoted(name)) + query).replace(" ", "%20"));
    }

    private static String quoted(String name) {
        return Matcher.quoteReplacement(name);
    }

    /** A name's # or ? begins a query of its own: what is pinned is then the second one, and still read. */
    private static Arbitrary<String> queries(Operation operation) {
        if (operation.parameters().isEmpty()) {
            return Arbitraries.just(query(operation.pinned()));
        }
        return Arbitraries.of(operation.parameters())
                .flatMap(name -> Arbitraries.of(name.equals("filters") ? FILTERS : VALUES)
                        .map(value -> name + "=" + value))
                .list()
                .ofMaxSize(3)
                .map(varied -> {
                    List<String> all = new ArrayList<>(operation.pinned());
                    all.addAll(varied);
                    return query(all);
                });
    }

    private static String query(List<String> pairs) {
        return pairs.isEmpty() ? "" : "?" + String.join("&", pairs);
    }

    private static Arbitrary<String> bodies(Operation operation) {
        if (operation.body().isEmpty()) {
            return Arbitraries.of("", "", "x", "{}", "\u0000".repeat(600));
        }
        return Arbitraries.randomValue(random -> spoiled(operation.body(), random));
    }

    private static String spoiled(String body, Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> body.substring(0, random.nextInt(body.length()));
            case 1 -> withAnotherByte(body, random);
            case 2 -> body + body;
            case 3 -> "{\"a\":".repeat(random.nextInt(3000)) + body;
            case 4 -> body.replaceFirst("\"Name\":\"", "\"Name\":\"" + "x".repeat(random.nextInt(5 << 20)));
            default -> withAnotherValue(body, random);
        };
    }

    private static String withAnotherByte(String body, Random random) {
        int at = random.nextInt(body.length());
        return body.substring(0, at) + (char) random.nextInt(0x100) + body.substring(at + 1);
    }

    private static String withAnotherValue(String body, Random random) {
        try {
            JsonNode tree = JSON.readTree(body);
            JsonNode value = JSON.readTree(JSON_VALUES.get(random.nextInt(JSON_VALUES.size())));
            List<JsonNode> parents = containers(tree);
            switch (parents.get(random.nextInt(parents.size()))) {
                case ObjectNode object -> {
                    List<String> names =
                            object.properties().stream().map(Map.Entry::getKey).toList();
                    object.set(names.isEmpty() ? "x" : names.get(random.nextInt(names.size())), value);
                }
                case ArrayNode list -> list.add(value);
                default -> throw new IllegalStateException("neither object nor list");
            }
            return JSON.writeValueAsString(tree);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<JsonNode> containers(JsonNode tree) {
        List<JsonNode> found = new ArrayList<>(List.of(tree));
        tree.forEach(child -> {
            if (child.isContainerNode()) {
                found.addAll(containers(child));
            }
        });
        return found;
    }

    @Override
    public String toString() {
        return method + " " + shortened(target) + " " + framing + " " + shortened(body);
    }

    static String shortened(String text) {
        return text.length() < 300 ? text : text.substring(0, 300) + "...";
    }
}
