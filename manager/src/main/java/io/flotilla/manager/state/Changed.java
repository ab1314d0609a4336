package io.flotilla.manager.state;

import io.flotilla.bus.schema.ObjectKind;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which objects a control loop has to look at. A hint, never the truth: the loop reads the state itself.
 *
 * @param everything a new leader knows nothing of what happened before: in its first turn all objects count as changed
 */
public record Changed(boolean everything, Map<ObjectKind, Set<String>> ids) {

    public static Changed nothing() {
        return new Changed(false, Map.of());
    }

    public static Changed all() {
        return new Changed(true, Map.of());
    }

    /** IDs of a kind that were made, replaced or removed; empty with {@link #everything}. */
    public Set<String> of(ObjectKind kind) {
        return ids.getOrDefault(kind, Set.of());
    }

    public boolean isNothing() {
        return !everything && ids.isEmpty();
    }

    Changed plus(ObjectKind kind, String id) {
        Map<ObjectKind, Set<String>> more = ids.isEmpty() ? new EnumMap<>(ObjectKind.class) : ids;
        more.computeIfAbsent(kind, k -> new LinkedHashSet<>()).add(id);
        return more == ids ? this : new Changed(everything, more);
    }
}
