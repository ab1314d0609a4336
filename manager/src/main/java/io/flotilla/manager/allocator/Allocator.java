package io.flotilla.manager.allocator;

import io.flotilla.bus.schema.Endpoint;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Decides every published port and with it lets new tasks be scheduled. A port that was chosen for a service stays its own
 * as long as it publishes the same target. A service whose ports can't be had keeps its tasks NEW, each with the reason,
 * until some other service gives a port back.
 */
public final class Allocator implements ControlLoop {
    private final PortPool pool = new PortPool();
    /** Why services lack ports they ask for, by service. */
    private final Map<String, String> refusals = new TreeMap<>();

    @Override
    public void settle(Turn turn, Changed changed) {
        if (changed.everything()) {
            rebuild(turn);
        }
        Set<String> services = new TreeSet<>(changed.of(ObjectKind.SERVICE));
        if (!services.isEmpty()) {
            // one of them may have given back what these wait for
            services.addAll(refusals.keySet());
            allocate(turn, services);
        }
        Stream<Task> made = changed.everything()
                ? turn.state().tasks().stream()
                : changed.of(ObjectKind.TASK).stream().flatMap(id -> turn.state().task(id).stream());
        made.toList().forEach(task -> prepare(turn, task));
    }

    private void rebuild(Turn turn) {
        Collection<Service> services = turn.state().services();
        for (Service service : services) {
            if (service.endpoint() != null) {
                pool.hold(service.id(), service.endpoint());
            }
        }
        allocate(turn, services.stream().map(Service::id).toList());
    }

    private void allocate(Turn turn, Collection<String> serviceIds) {
        for (String id : serviceIds) {
            if (turn.state().service(id).isEmpty()) {
                pool.release(id);
                refusals.remove(id);
            }
        }
        serviceIds.stream()
                .flatMap(id -> turn.state().service(id).stream())
                .sorted(Comparator.comparing(Service::createdAt).thenComparing(Service::id))
                .forEach(service -> allocate(turn, service));
    }

    private void allocate(Turn turn, Service service) {
        boolean waited = refusals.remove(service.id()) != null;
        switch (EndpointPorts.decide(service, pool)) {
            case EndpointPorts.Decided(Endpoint endpoint) -> {
                pool.hold(service.id(), endpoint);
                turn.put(service.withEndpoint(endpoint));
            }
            case EndpointPorts.NoneFree(String reason) -> refusals.put(service.id(), reason);
        }
        if (waited) {
            turn.state().tasksOfService(service.id()).stream()
                    .sorted(Slot.OLDEST_FIRST)
                    .forEach(task -> prepare(turn, task));
        }
    }

    private void prepare(Turn turn, Task task) {
        if (task.state() != TaskState.NEW || !Slot.isLive(task)) {
            return;
        }
        String refusal = task.serviceId() == null ? null : refusals.get(task.serviceId());
        TaskStatus status = refusal == null
                ? task.status()
                        .withState(TaskState.PENDING)
                        .withMessage("pending task scheduling")
                        .withErr(null)
                : task.status().withErr(refusal);
        if (!Objects.equals(status, task.status())) {
            turn.put(task.withStatus(status.withTimestamp(turn.now())).withUpdatedAt(turn.now()));
        }
    }
}
