package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.PlacementBuilder;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.manager.scheduler.Constraint;
import io.flotilla.manager.state.ClusterState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Tells which tasks of a service an update has to replace. A task of an older revision stays when nothing that concerns it
 * differs: after a rollback to what it was made from, or when only placement constraints changed and its node meets them.
 */
public final class RevisionComparison {
    private enum Difference {
        NONE,
        CONSTRAINTS,
        REAL
    }

    private final ClusterState state;
    private final Service service;
    private final Map<Long, Difference> differences = new HashMap<>();

    public RevisionComparison(ClusterState state, Service service) {
        this.state = state;
        this.service = service;
    }

    public boolean isOutdated(Task task) {
        long version = Objects.requireNonNullElse(task.specVersion(), 0L);
        return switch (differences.computeIfAbsent(version, this::difference)) {
            case NONE -> false;
            case REAL -> true;
            case CONSTRAINTS ->
                !Optional.ofNullable(task.nodeId())
                        .flatMap(state::node)
                        .map(this::meetsConstraints)
                        .orElse(false);
        };
    }

    private boolean meetsConstraints(Node node) {
        return Constraint.allMatch(Constraint.of(service.spec().taskTemplate()), node);
    }

    private Difference difference(long version) {
        Optional<SpecRevision> old = state.revision(service.id(), version);
        Optional<SpecRevision> present = state.revision(service.id(), service.specVersion());
        if (version == service.specVersion()) {
            return Difference.NONE;
        }
        if (old.isEmpty() || present.isEmpty()) {
            return Difference.REAL;
        }
        if (!Objects.equals(old.get().endpointSpec(), present.get().endpointSpec())) {
            return Difference.REAL;
        }
        TaskSpec before = old.get().spec();
        TaskSpec after = present.get().spec();
        if (before.equals(after)) {
            return Difference.NONE;
        }
        return withoutConstraints(before).equals(withoutConstraints(after)) ? Difference.CONSTRAINTS : Difference.REAL;
    }

    private static TaskSpec withoutConstraints(TaskSpec spec) {
        Placement placement = spec.placement();
        return spec.withPlacement(
                placement == null ? PlacementBuilder.builder().build() : placement.withConstraints(List.of()));
    }
}
