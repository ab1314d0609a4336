package io.flotilla.manager.control.core;

import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.manager.orchestrator.ServiceRevisions;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.Turn;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The versions of a secret or config under one name. Each is an object with an ID of its own, which services refer to: that
 * a service goes on to the next one is an update of its spec like any other, and so is its rollback.
 */
final class ValueVersions {
    /** Superseded versions that no service refers to any more are kept up to this number, the newest. */
    static final int MAX_UNUSED = 5;

    private ValueVersions() {}

    /** All of the name, the oldest first. */
    static List<StoredValue> of(ClusterState state, ObjectKind kind, String name) {
        return state.all(kind).stream()
                .map(StoredValue.class::cast)
                .filter(value -> value.name().equals(name))
                .sorted(Comparator.comparingLong(StoredValue::valueVersion))
                .toList();
    }

    /** Puts a version after the present one, and has every service that uses one of the name go on to it. */
    static StoredValue next(Turn turn, StoredValue present, StoredValue wanted) {
        StoredValue next = wanted.numbered(present.valueVersion() + 1);
        ObjectKind kind = next.kind();
        turn.put(present.superseded(next.id(), turn.now()));
        turn.put(next);
        Set<String> older = of(turn.state(), kind, next.name()).stream()
                .map(StoredValue::id)
                .collect(Collectors.toSet());
        for (Service service : List.copyOf(turn.state().services())) {
            ServiceSpec spec = service.spec();
            if (ValueReferences.in(spec, kind).stream().anyMatch(older::contains)) {
                ServiceSpec moved = ValueReferences.replaced(spec, kind, id -> older.contains(id) ? next.id() : id);
                if (!moved.equals(spec)) {
                    ServiceRevisions.updated(turn, service, moved, null);
                }
            }
        }
        forget(turn, kind, next.name());
        return next;
    }

    private static void forget(Turn turn, ObjectKind kind, String name) {
        Set<String> used = used(turn.state(), kind);
        List<StoredValue> unused = of(turn.state(), kind, name).stream()
                .filter(version -> version.supersededBy() != null && !used.contains(version.id()))
                .toList();
        unused.stream()
                .limit(Math.max(0, unused.size() - MAX_UNUSED))
                .forEach(version -> turn.remove(kind, version.id()));
    }

    /** What services need, could roll back to, or have tasks of. */
    private static Set<String> used(ClusterState state, ObjectKind kind) {
        Set<String> used = new HashSet<>();
        for (Service service : state.services()) {
            used.addAll(ValueReferences.in(service.spec(), kind));
            used.addAll(ValueReferences.in(service.previousSpec(), kind));
        }
        for (SpecRevision revision : state.revisions()) {
            ContainerSpec container = revision.spec().containerSpec();
            if (container != null) {
                used.addAll(ValueReferences.in(container, kind));
            }
        }
        return used;
    }
}
