package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.StoreObject;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What each entry of the log made where it was applied first: every manager must come to the same. */
final class Entries {
    /** As many whole states are kept as a manager that comes back may be behind. */
    private static final int STATES = 400;

    private final Map<Long, Made> made = new HashMap<>();
    private final Map<Long, ClusterState> states = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, ClusterState> eldest) {
            return size() > STATES;
        }
    };

    /** @param objects what became of each changed object, in the changes' order; null: gone */
    record Made(
            long changedIndex, Map<Integer, Long> offsets, List<Change> changes, List<@Nullable StoreObject> objects) {
        /** What is another in a state at the same index, empty when nothing is. */
        Optional<String> differenceTo(ClusterState state) {
            if (state.changedIndex() != changedIndex) {
                return Optional.of("last changed index, " + state.changedIndex() + " for " + changedIndex + ",");
            }
            if (!state.reportOffsets().equals(offsets)) {
                return Optional.of("position in the reports");
            }
            for (int i = 0; i < changes.size(); i++) {
                Change change = changes.get(i);
                if (!Objects.equals(objects.get(i), state.find(change.kind(), change.id()))) {
                    return Optional.of(change.kind().key(change.id()));
                }
            }
            return Optional.empty();
        }
    }

    @Nullable
    Made at(long index) {
        return made.get(index);
    }

    void made(long index, List<Change> changes, ClusterState state) {
        List<@Nullable StoreObject> objects = new ArrayList<>(changes.size());
        changes.forEach(change -> objects.add(state.find(change.kind(), change.id())));
        made.put(index, new Made(state.changedIndex(), Map.copyOf(state.reportOffsets()), changes, objects));
        states.put(index, state);
    }

    /** What a whole state has otherwise than the first one at its index; empty when nothing, or when that is long ago. */
    Optional<String> differenceAt(ClusterState state) {
        ClusterState first = states.get(state.index());
        if (first == null) {
            return Optional.empty();
        }
        Map<String, StoreObject> wanted = Invariants.objects(first);
        Map<String, StoreObject> found = Invariants.objects(state);
        return wanted.entrySet().stream()
                .filter(object -> !object.getValue().equals(found.get(object.getKey())))
                .map(Map.Entry::getKey)
                .findFirst()
                .or(() -> found.keySet().stream()
                        .filter(key -> !wanted.containsKey(key))
                        .findFirst());
    }
}
