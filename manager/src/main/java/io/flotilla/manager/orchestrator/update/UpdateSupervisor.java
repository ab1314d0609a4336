package io.flotilla.manager.orchestrator.update;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.Deadlines;
import io.flotilla.manager.orchestrator.RevisionComparison;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.SlotKey;
import io.flotilla.manager.orchestrator.UpdatePhase;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Brings the tasks of updated services to the present revision. Where an update is follows from the tasks themselves, so
 * that a new leader goes on with it; a service that is changed again meanwhile starts over with what is left.
 */
public final class UpdateSupervisor implements ControlLoop {
    /** Why a service can't go back to what it was, for the user; empty when it can. Someone else may have its ports by now. */
    public interface WayBack {
        Optional<String> obstacle(ClusterState state, ServiceSpec previous, String serviceId);
    }

    private final WayBack wayBack;
    private final Deadlines<String> deadlines = new Deadlines<>();
    private final Map<String, UpdateProgress> progress = new HashMap<>();

    public UpdateSupervisor(WayBack wayBack) {
        this.wayBack = wayBack;
    }

    @Override
    public void settle(Turn turn, Changed changed) {
        ClusterState state = turn.state();
        Set<String> services = new TreeSet<>(changed.of(ObjectKind.SERVICE));
        if (changed.everything()) {
            state.services().forEach(service -> services.add(service.id()));
        }
        for (String id : changed.of(ObjectKind.TASK)) {
            state.task(id)
                    .filter(task -> task.serviceId() != null && concernsUpdate(state, task))
                    .map(Task::serviceId)
                    .ifPresent(services::add);
        }
        // a paused node of a global service takes its update once it is active again; and what was awaited from a node
        // that
        // went down, nobody may report any more
        for (String id : changed.of(ObjectKind.NODE)) {
            state.tasksOnNode(id).stream()
                    .filter(task ->
                            task.serviceId() != null && (SlotKey.of(task).isGlobal() || concernsUpdate(state, task)))
                    .forEach(task -> services.add(task.serviceId()));
        }
        services.addAll(deadlines.takeDue(turn.now()));
        services.forEach(id -> advance(turn, id));
    }

    @Override
    public Optional<Instant> wakeAt() {
        return deadlines.next();
    }

    private void advance(Turn turn, String id) {
        deadlines.cancel(id);
        Optional<Service> service = turn.state().service(id).filter(UpdateSupervisor::mayUpdate);
        if (service.isEmpty()) {
            progress.remove(id);
            return;
        }
        new ServiceUpdate(turn, service.get(), progress, wayBack).advance().ifPresent(next -> deadlines.set(id, next));
    }

    /** Of a service whose update is over, a task that runs at last may take the place of one the update had to leave. */
    private static boolean concernsUpdate(ClusterState state, Task task) {
        return state.service(String.valueOf(task.serviceId()))
                .filter(service -> UpdatePhase.isUnderWay(service)
                        || service.updateStatus() != null
                                && task.state() == TaskState.RUNNING
                                && !new RevisionComparison(state, service).isOutdated(task))
                .isPresent();
    }

    /** A paused one waits for the user to change the service. */
    private static boolean mayUpdate(Service service) {
        // a change of a job begins it anew
        return !ServiceModes.isJob(service.spec()) && !UpdatePhase.isPaused(service);
    }
}
