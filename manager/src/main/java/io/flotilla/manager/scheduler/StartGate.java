package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Holds back tasks of services that have never started and depend on others that are not far enough. A service one of whose
 * remembered tasks ever got a node is past the gate: what runs is never stopped, and what is restarted never waits.
 */
final class StartGate {
    private static final String STACK = "com.docker.stack.namespace";

    /** A chain of services that is longer is not searched for cycles to its end. */
    private static final int MAX_CHAIN = 100;

    /** The services each held group waits for, by ID: those that are there. */
    private final Map<TaskGroup, Set<String>> awaited = new HashMap<>();

    /** The held groups to look at again because a service they wait for may have changed, or come or gone. */
    Set<TaskGroup> touched(ClusterState state, Changed changed) {
        if (awaited.isEmpty()) {
            return Set.of();
        }
        if (!changed.of(ObjectKind.SERVICE).isEmpty()) {
            return new TreeSet<>(awaited.keySet());
        }
        Set<String> services = new HashSet<>();
        changed.of(ObjectKind.TASK)
                .forEach(id -> state.task(id).map(Task::serviceId).ifPresent(services::add));
        Set<TaskGroup> touched = new TreeSet<>();
        awaited.forEach((group, of) -> {
            if (of.stream().anyMatch(services::contains)) {
                touched.add(group);
            }
        });
        return touched;
    }

    /** What keeps a group from being placed. @param on the services it waits for, by ID: those that are there */
    private record Hold(String reason, Set<String> on) {}

    /** Why a group's tasks are not to be placed yet, to be looked at again then; empty when the caller is to place them. */
    Optional<String> holds(ClusterState state, TaskGroup group) {
        Optional<Hold> hold = hold(state, group);
        hold.ifPresentOrElse(found -> awaited.put(group, found.on()), () -> awaited.remove(group));
        return hold.map(Hold::reason);
    }

    /** The same, for who places nothing: a group that is held no more is yet to be placed. */
    static boolean isHeld(ClusterState state, TaskGroup group) {
        return hold(state, group).isPresent();
    }

    private static Optional<Hold> hold(ClusterState state, TaskGroup group) {
        Service service = state.service(group.serviceId()).orElse(null);
        if (service == null || !service.spec().labels().containsKey(Dependency.LABEL)) {
            return Optional.empty();
        }
        List<String> reasons = new ArrayList<>();
        Set<String> waitsFor = new HashSet<>();
        for (Dependency dependency : Dependency.of(service.spec())) {
            Optional<Service> on = resolve(state, service, dependency.service());
            on.map(Service::id).ifPresent(waitsFor::add);
            reasonFor(state, service, dependency, on.orElse(null)).ifPresent(reasons::add);
        }
        return reasons.isEmpty() || hasStarted(state, service)
                ? Optional.empty()
                : Optional.of(new Hold(String.join("; ", reasons), waitsFor));
    }

    private static Optional<String> reasonFor(
            ClusterState state, Service service, Dependency dependency, @Nullable Service on) {
        String waiting = Dependency.WAITING + dependency.service() + " to be ";
        if (on == null) {
            return Optional.of(waiting + "created");
        }
        if (isMet(state, on, dependency.condition())) {
            return Optional.empty();
        }
        if (dependency.condition() == Dependency.Condition.COMPLETED && !isJob(on)) {
            return Optional.of(waiting + "completed, which it never is: it is no job");
        }
        List<String> cycle = new ArrayList<>();
        boolean waitsForItself = leadsBack(state, on, service.id(), new HashSet<>(), cycle);
        cycle.addFirst(nameOf(service));
        return Optional.of(waiting
                + dependency.condition().word()
                + (waitsForItself ? ", which never is: they wait for each other, " + String.join(" -> ", cycle) : ""));
    }

    /** A name means the service of the same stack first, as in a Compose file. */
    private static Optional<Service> resolve(ClusterState state, Service service, String name) {
        String stack = service.spec().labels().get(STACK);
        return (stack == null ? Optional.<Service>empty() : state.serviceNamed(stack + "_" + name))
                .or(() -> state.serviceNamed(name));
    }

    /** The services a service depends on, and what those depend on, by ID, whether they are far enough or not. */
    static Set<String> neededBy(ClusterState state, String serviceId) {
        Set<String> needed = new HashSet<>();
        Deque<String> next = new ArrayDeque<>(List.of(serviceId));
        while (!next.isEmpty()) {
            state.service(next.removeFirst()).ifPresent(service -> Dependency.of(service.spec()).stream()
                    .flatMap(dependency -> resolve(state, service, dependency.service()).stream())
                    .map(Service::id)
                    .filter(needed::add)
                    .forEach(next::add));
        }
        return needed;
    }

    private static boolean leadsBack(
            ClusterState state, Service from, String targetId, Set<String> seen, List<String> chain) {
        chain.add(nameOf(from));
        if (from.id().equals(targetId)) {
            return true;
        }
        if (seen.size() < MAX_CHAIN && seen.add(from.id()) && !hasStarted(state, from)) {
            for (Dependency dependency : Dependency.of(from.spec())) {
                Optional<Service> next = resolve(state, from, dependency.service());
                if (next.isPresent() && leadsBack(state, next.get(), targetId, seen, chain)) {
                    return true;
                }
            }
        }
        chain.removeLast();
        return false;
    }

    private static String nameOf(Service service) {
        return Objects.requireNonNullElse(service.spec().name(), service.id());
    }

    private static boolean hasStarted(ClusterState state, Service service) {
        return state.tasksOfService(service.id()).stream()
                .anyMatch(
                        task -> task.state().compareTo(TaskState.ASSIGNED) >= 0 && task.state() != TaskState.ORPHANED);
    }

    private static boolean isMet(ClusterState state, Service on, Dependency.Condition condition) {
        Collection<Task> tasks = state.tasksOfService(on.id());
        return switch (condition) {
            case STARTED -> tasks.stream().anyMatch(StartGate::runs);
            case HEALTHY -> isHealthy(on, tasks);
            case COMPLETED -> isCompleted(on, tasks);
        };
    }

    private static boolean runs(Task task) {
        return isLive(task) && task.state() == TaskState.RUNNING;
    }

    private static boolean isLive(Task task) {
        return task.desiredState().compareTo(TaskState.RUNNING) <= 0
                || task.desiredState() == TaskState.COMPLETE && task.state() != TaskState.COMPLETE;
    }

    private static boolean isHealthy(Service on, Collection<Task> tasks) {
        ServiceMode mode = on.spec().mode();
        long running = tasks.stream().filter(StartGate::runs).count();
        if (mode != null && mode.replicated() == null) {
            return running > 0 && tasks.stream().filter(StartGate::isLive).allMatch(StartGate::runs);
        }
        Long replicas = mode == null || mode.replicated() == null
                ? null
                : mode.replicated().replicas();
        return running >= Objects.requireNonNullElse(replicas, 1L);
    }

    private static boolean isJob(Service service) {
        ServiceMode mode = service.spec().mode();
        return mode != null && (mode.replicatedJob() != null || mode.globalJob() != null);
    }

    private static boolean isCompleted(Service on, Collection<Task> tasks) {
        ServiceMode mode = on.spec().mode();
        if (mode == null || !isJob(on)) {
            return false;
        }
        List<Task> ofIteration = tasks.stream()
                .filter(task ->
                        on.jobStatus() == null || Objects.equals(on.jobStatus().jobIteration(), task.jobIteration()))
                .toList();
        long completed = ofIteration.stream()
                .filter(task -> task.state() == TaskState.COMPLETE)
                .count();
        ServiceMode.ReplicatedJob job = mode.replicatedJob();
        if (job != null) {
            long wanted = Objects.requireNonNullElse(
                    job.totalCompletions(), Objects.requireNonNullElse(job.maxConcurrent(), 1L));
            return completed >= wanted;
        }
        return completed > 0 && ofIteration.stream().noneMatch(StartGate::isLive);
    }
}
