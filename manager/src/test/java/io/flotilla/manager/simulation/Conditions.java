package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.JobIterations;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotKey;
import io.flotilla.manager.scheduler.Dependency;
import io.flotilla.manager.state.ClusterState;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

/**
 * Whether what a service depends on is as far as it asks, by a model simpler than the scheduler's. What happened between two
 * states is not known: a condition counts as met when it may have been.
 */
final class Conditions {
    private final ClusterState before;
    private final ClusterState after;

    Conditions(ClusterState before, ClusterState after) {
        this.before = before;
        this.after = after;
    }

    /** The label of a simulated service names one at most. @return what it waits for, empty when for nothing */
    Optional<String> unmet(Service service) {
        String label = service.spec().labels().get(Dependency.LABEL);
        if (label == null) {
            return Optional.empty();
        }
        String[] words = label.split(":", 2);
        Service on = after.serviceNamed(words[0])
                .or(() -> before.serviceNamed(words[0]))
                .orElse(null);
        return on != null && isMet(on, words[1]) ? Optional.empty() : Optional.of(label);
    }

    private boolean isMet(Service on, String condition) {
        return switch (condition) {
            case "started" -> slots(on, this::runs) > 0;
            case "healthy" -> isHealthy(on);
            default ->
                ServiceModes.isGlobalJob(on)
                        ? Stream.of(before, after).anyMatch(state -> isDone(state, on))
                        : ServiceModes.isJob(on.spec())
                                && slots(on, JobIterations::isCompletion) >= ServiceModes.totalCompletions(on);
        };
    }

    /** One that came up and was told to make room in the same entry ran in between. */
    private boolean runs(Service service, Task task) {
        return task.state() == TaskState.RUNNING
                && (Slot.isLive(task)
                        || before.task(task.id()).filter(Slot::isLive).isPresent());
    }

    private boolean isHealthy(Service on) {
        if (ServiceModes.isReplicated(on)) {
            return slots(on, this::runs) >= ServiceModes.replicas(on);
        }
        // in between all that ran may have been all there were
        return before == after
                ? after.tasksOfService(on.id()).stream().filter(Slot::isLive).allMatch(task -> runs(on, task))
                        && slots(on, this::runs) > 0
                : slots(on, this::runs) > 0;
    }

    private static boolean isDone(ClusterState state, Service on) {
        Service job = state.service(on.id()).orElse(on);
        List<Task> tasks = state.tasksOfService(on.id()).stream()
                .filter(task -> JobIterations.isPresent(job, task))
                .toList();
        return tasks.stream().anyMatch(task -> JobIterations.isCompletion(job, task))
                && tasks.stream().noneMatch(Slot::isLive);
    }

    private long slots(Service on, BiPredicate<Service, Task> which) {
        return Stream.of(before, after)
                .flatMap(state -> state.service(on.id()).stream()
                        .flatMap(service ->
                                state.tasksOfService(on.id()).stream().filter(task -> which.test(service, task))))
                .map(task -> Objects.requireNonNull(SlotKey.of(task)))
                .distinct()
                .count();
    }
}
