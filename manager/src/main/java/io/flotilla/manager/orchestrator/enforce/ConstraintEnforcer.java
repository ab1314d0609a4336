package io.flotilla.manager.orchestrator.enforce;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.scheduler.Constraint;
import io.flotilla.manager.scheduler.GenericStock;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Rejects tasks whose node changed so that it no longer meets their constraints or has no longer what they reserve. It sets
 * the observed state only; that the task is stopped and replaced follows as for any that failed.
 */
public final class ConstraintEnforcer implements ControlLoop {
    private static final long UNKNOWN = Long.MAX_VALUE;

    @Override
    public void settle(Turn turn, Changed changed) {
        if (changed.everything()) {
            turn.state().nodes().forEach(node -> enforce(turn, node));
        }
        for (String id : new TreeSet<>(changed.of(ObjectKind.NODE))) {
            turn.state().node(id).ifPresent(node -> enforce(turn, node));
        }
    }

    private static void enforce(Turn turn, Node node) {
        if (NodeValidity.isDrained(node)) {
            return;
        }
        Optional<ResourceObject> resources =
                Optional.ofNullable(node.description()).map(NodeDescription::resources);
        long nanoCpus = resources.map(ResourceObject::nanoCpus).orElse(UNKNOWN);
        long memoryBytes = resources.map(ResourceObject::memoryBytes).orElse(UNKNOWN);
        GenericStock generic = new GenericStock();
        generic.advertise(resources.map(ResourceObject::genericResources).orElse(List.of()));
        List<Task> tasks = turn.state().tasksOnNode(node.id()).stream()
                .filter(ConstraintEnforcer::isThere)
                .sorted(Slot.OLDEST_FIRST)
                .toList();
        for (Task task : tasks) {
            Optional<ResourceObject> reserved =
                    spec(turn.state(), task).map(TaskSpec::resources).map(ResourceRequirements::reservations);
            long wantedNanoCpus = reserved.map(ResourceObject::nanoCpus).orElse(0L);
            long wantedMemoryBytes = reserved.map(ResourceObject::memoryBytes).orElse(0L);
            boolean fits = wantedNanoCpus <= nanoCpus
                    && wantedMemoryBytes <= memoryBytes
                    && generic.offers(task.assignedGenericResources())
                    && Constraint.allMatch(constraints(turn.state(), task), node);
            if (fits) {
                nanoCpus -= wantedNanoCpus;
                memoryBytes -= wantedMemoryBytes;
                generic.take(task.assignedGenericResources());
            } else {
                TaskChanges.reject(turn, task, "constraint enforcer", "assigned node no longer meets constraints");
            }
        }
    }

    private static boolean isThere(Task task) {
        return Slot.isLive(task)
                && task.state().compareTo(TaskState.ASSIGNED) >= 0
                && task.state().compareTo(TaskState.RUNNING) <= 0;
    }

    // the service's present ones: a change of nothing else leaves tasks of the revision before in place
    private static List<Constraint> constraints(ClusterState state, Task task) {
        return Constraint.of(Optional.ofNullable(task.serviceId())
                .flatMap(state::service)
                .map(Service::spec)
                .map(spec -> spec.taskTemplate())
                .orElse(null));
    }

    private static Optional<TaskSpec> spec(ClusterState state, Task task) {
        return task.serviceId() == null || task.specVersion() == null
                ? Optional.empty()
                : state.revision(task.serviceId(), task.specVersion()).map(SpecRevision::spec);
    }
}
