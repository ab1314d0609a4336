package io.flotilla.manager.orchestrator.reaper;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.Task;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Removes the revisions that are neither their service's present one nor that of any remembered task. */
public final class RevisionReaper implements ControlLoop {
    /** The revisions there are, by service; and the service of every task, to know it once the task is gone. */
    private final Map<String, Set<Long>> versions = new TreeMap<>();

    private final Map<String, String> serviceOfTask = new HashMap<>();

    @Override
    public void settle(Turn turn, Changed changed) {
        ClusterState state = turn.state();
        Set<String> services = new TreeSet<>(changed.of(ObjectKind.SERVICE));
        if (changed.everything()) {
            state.revisions().forEach(this::know);
            state.tasks().forEach(this::know);
            services.addAll(versions.keySet());
        }
        for (String id : changed.of(ObjectKind.REVISION)) {
            if (state.find(ObjectKind.REVISION, id) instanceof SpecRevision revision) {
                know(revision);
                services.add(revision.serviceId());
            }
        }
        for (String id : changed.of(ObjectKind.TASK)) {
            state.task(id).ifPresentOrElse(this::know, () -> {
                String serviceId = serviceOfTask.remove(id);
                if (serviceId != null) {
                    services.add(serviceId);
                }
            });
        }
        services.forEach(serviceId -> reap(turn, serviceId));
    }

    private void know(SpecRevision revision) {
        versions.computeIfAbsent(revision.serviceId(), id -> new TreeSet<>()).add(revision.specVersion());
    }

    private void know(Task task) {
        if (task.serviceId() != null) {
            serviceOfTask.put(task.id(), task.serviceId());
        }
    }

    private void reap(Turn turn, String serviceId) {
        Set<Long> known = versions.get(serviceId);
        long present = turn.state().service(serviceId).map(Service::specVersion).orElse(0L);
        if (known == null || known.size() == 1 && known.contains(present)) {
            return;
        }
        Set<Long> unused = new TreeSet<>(known);
        unused.remove(present);
        for (Task task : turn.state().tasksOfService(serviceId)) {
            if (unused.isEmpty()) {
                return;
            }
            if (task.specVersion() != null) {
                unused.remove(task.specVersion());
            }
        }
        for (long version : unused) {
            turn.remove(ObjectKind.REVISION, SpecRevision.idOf(serviceId, version));
            known.remove(version);
        }
        if (known.isEmpty()) {
            versions.remove(serviceId);
        }
    }
}
