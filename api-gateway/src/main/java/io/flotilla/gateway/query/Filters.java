package io.flotilla.gateway.query;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.flotilla.bus.codec.Codec;
import io.flotilla.gateway.error.ApiException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The filters of a list call, in either encoding: {@code {"k":["v"]}} or, from old clients, {@code {"k":{"v":true}}}.
 * Several values of a key are alternatives (of labels: all are required), several keys all have to hold. The methods
 * carry the names and meanings of Docker's filters.Args. Immutable.
 */
public final class Filters {
    public static final Filters NONE = new Filters(Map.of());

    private final Map<String, Set<String>> values;

    private Filters(Map<String, Set<String>> values) {
        this.values = values;
    }

    static Filters parse(String json, Set<String> allowed) {
        Filters filters = parse(json);
        for (String key : filters.values.keySet()) {
            if (!allowed.contains(key)) {
                throw ApiException.invalid("invalid filter '" + key + "'");
            }
        }
        return filters;
    }

    static Filters parse(String json) {
        if (json.isEmpty()) {
            return NONE;
        }
        JsonNode root;
        try {
            root = Codec.JSON.mapper().readTree(json);
        } catch (JsonProcessingException e) {
            throw malformed(e.getOriginalMessage());
        }
        if (!root.isObject()) {
            throw malformed("not an object of keys");
        }
        Map<String, Set<String>> values = new LinkedHashMap<>();
        root.properties().forEach(entry -> values.put(entry.getKey(), valuesOf(entry.getKey(), entry.getValue())));
        return new Filters(values);
    }

    private static Set<String> valuesOf(String key, JsonNode node) {
        Set<String> found = new LinkedHashSet<>();
        if (node.isArray()) {
            for (JsonNode value : node) {
                if (!value.isTextual()) {
                    throw malformed("values of '" + key + "' have to be strings");
                }
                found.add(value.textValue());
            }
        } else if (node.isObject()) {
            node.properties().stream()
                    .filter(entry -> entry.getValue().asBoolean())
                    .forEach(entry -> found.add(entry.getKey()));
        } else {
            throw malformed("values of '" + key + "' have to be a list");
        }
        return found;
    }

    private static ApiException malformed(String why) {
        return ApiException.invalid("invalid filter: " + why);
    }

    public boolean contains(String key) {
        return values.containsKey(key);
    }

    public Set<String> get(String key) {
        return values.getOrDefault(key, Set.of());
    }

    public void each(String key, Consumer<String> consumer) {
        get(key).forEach(consumer);
    }

    /** True when the key is absent, without values, or has exactly this one. */
    public boolean exactMatch(String key, String source) {
        return get(key).isEmpty() || get(key).contains(source);
    }

    /** As {@link #exactMatch}, and a value may be the beginning of the source. */
    public boolean fuzzyMatch(String key, String source) {
        return get(key).isEmpty()
                || get(key).contains(source)
                || get(key).stream().anyMatch(source::startsWith);
    }

    /** As {@link #exactMatch}, and a value may be a regular expression (RE2) found in the source. */
    public boolean match(String key, String source) {
        return get(key).isEmpty()
                || get(key).contains(source)
                || get(key).stream().anyMatch(value -> find(value, source));
    }

    private static boolean find(String expression, String source) {
        try {
            return Pattern.compile(expression).matcher(source).find();
        } catch (PatternSyntaxException e) {
            return false; // as Docker: what is no expression matches nothing
        }
    }

    /** Every value, a key or key=value, holds in the labels. */
    public boolean labelsMatch(String key, Map<String, String> labels) {
        return get(key).stream().allMatch(value -> hasLabel(value, labels));
    }

    private static boolean hasLabel(String wanted, Map<String, String> labels) {
        int equals = wanted.indexOf('=');
        if (equals < 0) {
            return labels.containsKey(wanted);
        }
        return wanted.substring(equals + 1).equals(labels.get(wanted.substring(0, equals)));
    }

    /** The one truth value of the key; refused when it is none, or both. */
    public boolean flag(String key, boolean whenAbsent) {
        Set<String> found = get(key);
        if (!contains(key)) {
            return whenAbsent;
        }
        boolean yes = found.contains("1") || found.contains("true");
        boolean no = found.contains("0") || found.contains("false");
        if (yes == no || found.size() > 2) {
            throw ApiException.invalid("invalid filter '" + key + "=[" + String.join(" ", found) + "]'");
        }
        return yes;
    }

    /** Refuses values other than these, worded as Docker words it. */
    public Filters requireOneOf(String key, Set<String> known) {
        for (String value : get(key)) {
            if (!known.contains(value)) {
                throw ApiException.invalid("invalid filter '" + key + "=" + value + "'");
            }
        }
        return this;
    }
}
