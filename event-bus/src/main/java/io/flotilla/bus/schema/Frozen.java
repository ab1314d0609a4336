package io.flotilla.bus.schema;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Unmodifiable copies that keep order; what JSON left out or set to null is empty. */
final class Frozen {
    private Frozen() {}

    /** Elements may be null only where a client sent null; Jackson does not check. */
    static <T> List<T> list(@Nullable List<T> from) {
        return from == null || from.isEmpty() ? List.of() : Collections.unmodifiableList(new ArrayList<>(from));
    }

    static <K, V> Map<K, V> map(@Nullable Map<K, V> from) {
        return from == null || from.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(from));
    }
}
