package io.flotilla.gateway.explain;

import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.gateway.view.ClusterImage;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What comes before and after a task in its slot, as the restart policy has it. */
final class Successor {
    private static final Duration DEFAULT_DELAY = Duration.ofSeconds(5);
    private static final Comparator<Task> OLDEST_FIRST =
            Comparator.comparing(Task::createdAt).thenComparing(Task::id);

    private Successor() {}

    /** Tasks of the same slot (of a global service: on the same node), oldest first. */
    static List<Task> slot(ClusterImage image, Task task) {
        if (task.serviceId() == null) {
            return List.of(task);
        }
        return image.tasksOf(task.serviceId()).stream()
                .filter(other -> Objects.equals(other.slot(), task.slot())
                        && (task.slot() != null || Objects.equals(other.nodeId(), task.nodeId())))
                .sorted(OLDEST_FIRST)
                .toList();
    }

    static Optional<Task> before(ClusterImage image, Task task) {
        return slot(image, task).stream()
                .filter(other -> OLDEST_FIRST.compare(other, task) < 0)
                .reduce((first, second) -> second);
    }

    static Optional<Task> after(ClusterImage image, Task task) {
        return slot(image, task).stream()
                .filter(other -> OLDEST_FIRST.compare(other, task) > 0)
                .findFirst();
    }

    /** When a prepared task's restart delay is over; empty when it waits for something else. */
    static Optional<Instant> startsAt(ClusterImage image, Task task) {
        if (task.desiredState() != TaskState.READY) {
            return Optional.empty();
        }
        return before(image, task)
                .filter(Successor::endedByItself)
                .filter(previous -> Objects.equals(previous.specVersion(), task.specVersion()))
                .map(previous -> task.createdAt().plus(delay(image, previous)));
    }

    private static Duration delay(ClusterImage image, Task task) {
        return policy(image, task)
                .map(ServiceRestartPolicy::delay)
                .map(Duration::ofNanos)
                .orElse(DEFAULT_DELAY);
    }

    static Optional<ServiceRestartPolicy> policy(ClusterImage image, Task task) {
        return Optional.ofNullable(image.specOf(task)).map(TaskSpec::restartPolicy);
    }

    /** Why a task that ended has no successor, in words. */
    static String whyNone(ClusterImage image, Task task) {
        ServiceRestartPolicy.Condition condition =
                policy(image, task).map(ServiceRestartPolicy::condition).orElse(ServiceRestartPolicy.Condition.ANY);
        long attempts =
                policy(image, task).map(ServiceRestartPolicy::maxAttempts).orElse(0L);
        return switch (condition) {
            case NONE -> "it is not restarted: the restart policy is \"none\"";
            case ON_FAILURE ->
                task.state() == TaskState.COMPLETE
                        ? "it is not restarted: it succeeded, and the restart policy is \"on-failure\""
                        : exhausted(attempts);
            case ANY -> exhausted(attempts);
        };
    }

    private static String exhausted(long attempts) {
        return attempts == 0
                ? "it is not restarted"
                : "it is not restarted: the restart policy allows " + Phrases.count(attempts, "attempt");
    }

    static boolean endedByItself(Task task) {
        return switch (task.state()) {
            case COMPLETE, FAILED, REJECTED -> true;
            default -> false;
        };
    }

    /** Whether it is wanted to run. That of a job is until it has completed. */
    static boolean isLive(Task task) {
        return task.desiredState().compareTo(TaskState.RUNNING) <= 0
                || task.desiredState() == TaskState.COMPLETE && task.state() != TaskState.COMPLETE;
    }
}
