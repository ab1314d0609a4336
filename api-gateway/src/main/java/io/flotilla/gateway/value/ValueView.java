package io.flotilla.gateway.value;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.query.Filters;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Secrets and configs as clients see them, and which of them a list shows. */
public final class ValueView {
    public static final Set<String> FILTERS = Set.of("id", "label", "name", "names");

    private ValueView() {}

    /** Without the value. Of a versioned one its labels tell which version it is. */
    public static ObjectNode render(StoredValue value) {
        ObjectNode json = Codec.JSON.mapper().valueToTree(value);
        json.remove(List.of("Value", "ValueVersion", "SupersededBy"));
        labels(value).forEach(json.withObjectProperty("Spec").withObjectProperty("Labels")::put);
        return json;
    }

    /** Old versions are shown to who asks for their label only. */
    public static <T extends StoredValue> List<T> select(Collection<T> values, Filters filters) {
        boolean old = filters.get("label").stream().anyMatch(label -> label.startsWith(StoredValue.SUPERSEDED_BY));
        return values.stream()
                .filter(value -> old || value.supersededBy() == null)
                .filter(value -> includes(value, filters))
                .sorted(Comparator.comparing(StoredValue::id))
                .toList();
    }

    private static boolean includes(StoredValue value, Filters filters) {
        return filters.fuzzyMatch("id", value.id())
                && filters.fuzzyMatch("name", value.name())
                && filters.exactMatch("names", value.name())
                && filters.labelsMatch("label", labels(value));
    }

    private static Map<String, String> labels(StoredValue value) {
        Map<String, String> labels = new LinkedHashMap<>(value.labels());
        if (value.isVersioned() || value.supersededBy() != null) {
            labels.put(StoredValue.VERSION, String.valueOf(value.valueVersion()));
        }
        if (value.supersededBy() != null) {
            labels.put(StoredValue.SUPERSEDED_BY, value.supersededBy());
        }
        return labels;
    }

    /** What a client sent as Data. @return null for none @throws ApiException 400 when it is not base64 */
    public static @Nullable Confidential data(@Nullable String data) {
        if (data == null || data.isEmpty()) {
            return null;
        }
        try {
            // Go's decoder passes over line ends
            return new Confidential.Plain(data.replace("\r", "").replace("\n", ""));
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("invalid JSON: illegal base64 data: " + e.getMessage());
        }
    }
}
