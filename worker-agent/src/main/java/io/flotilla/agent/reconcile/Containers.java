package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.Signals;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.runtime.ContainerRuntime;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The node's containers for those who act on one: found by name or ID, signalled, stopped, removed. Actions run between the
 * reconciler's steps on the container's own queue; the futures complete there, or fail with {@link ActionRefused}.
 */
public final class Containers {
    private final ContainerRuntime runtime;
    private final Supplier<? extends Collection<TaskWorker>> workers;

    Containers(ContainerRuntime runtime, Supplier<? extends Collection<TaskWorker>> workers) {
        this.runtime = runtime;
        this.workers = workers;
    }

    public List<ContainerRecord> all() {
        return workers.get().stream()
                .map(worker -> worker.record().container())
                .filter(Objects::nonNull)
                .toList();
    }

    /** @param reference an ID, a beginning of one that no other has, or a name */
    public ContainerRecord find(String reference) throws ActionRefused {
        return container(worker(reference), reference);
    }

    /** Tells what happened to a container that is not a change of it. Nothing when it is gone. */
    public void event(String containerId, String action, Map<String, String> attributes) {
        for (TaskWorker worker : workers.get()) {
            ContainerRecord container = worker.record().container();
            if (container != null && container.id().equals(containerId)) {
                worker.event(container, action, attributes);
            }
        }
    }

    public CompletableFuture<Void> signal(String reference, int signal) throws ActionRefused {
        TaskWorker worker = worker(reference);
        return worker.submit(() -> {
            ContainerRecord container = container(worker, reference);
            if (!container.running()) {
                throw new ActionRefused(
                        Reason.CONFLICT,
                        "cannot kill container: " + reference + ": container " + container.id() + " is not running");
            }
            send(worker, container, signal);
        });
    }

    /**
     * Sends the signal, and SIGKILL when the container has not exited in time; completes when it has.
     *
     * @param signal 0: the container's own
     * @param timeout null: the container's own; negative: SIGKILL is never sent
     */
    public CompletableFuture<Void> stop(String reference, int signal, @Nullable Duration timeout) throws ActionRefused {
        TaskWorker worker = worker(reference);
        ContainerRecord container = container(worker, reference);
        if (!container.running()) {
            // stopping what is stopped is no error, as in Docker
            return CompletableFuture.completedFuture(null);
        }
        Duration grace = timeout == null ? Duration.ofMillis(container.stopGraceMs()) : timeout;
        CompletableFuture<Void> ended = worker.exitRecorded();
        return worker.submit(() -> send(worker, container, signal == 0 ? container.stopSignal() : signal))
                .thenCompose(sent -> grace.isNegative() ? ended : killAfter(worker, container, ended, grace))
                .thenCompose(over -> worker.submit(() -> {
                    if (worker.record().container() != null) {
                        worker.event("stop", Map.of());
                    }
                }));
    }

    private CompletableFuture<Void> killAfter(
            TaskWorker worker, ContainerRecord container, CompletableFuture<Void> ended, Duration grace) {
        return ended.copy()
                .orTimeout(grace.toMillis(), TimeUnit.MILLISECONDS)
                .handle((over, late) -> late)
                .thenCompose(late -> {
                    if (late == null) {
                        return ended;
                    }
                    return worker.submit(() -> send(worker, container, Signals.SIGKILL))
                            .thenCompose(sent -> ended);
                });
    }

    /** Removes an exited container, or with force a running one, and its log. */
    public CompletableFuture<Void> remove(String reference, boolean force) throws ActionRefused {
        TaskWorker worker = worker(reference);
        ContainerRecord container = container(worker, reference);
        CompletableFuture<Void> ended = CompletableFuture.completedFuture(null);
        if (container.running()) {
            if (!force) {
                throw new ActionRefused(
                        Reason.CONFLICT,
                        "cannot remove container \"/" + container.name()
                                + "\": container is running: stop the container before removing or force remove");
            }
            ended = worker.submit(() -> send(worker, container, Signals.SIGKILL))
                    .thenCompose(sent -> worker.exitRecorded());
        }
        return ended.thenCompose(over -> worker.submit(worker::removeContainer));
    }

    private void send(TaskWorker worker, ContainerRecord container, int signal) throws IOException {
        worker.event("kill", Map.of("signal", Integer.toString(signal)));
        runtime.signal(container.id(), signal);
    }

    private TaskWorker worker(String reference) throws ActionRefused {
        List<TaskWorker> matching = workers.get().stream()
                .filter(worker -> matches(worker.record().container(), reference))
                .toList();
        for (TaskWorker worker : matching) {
            ContainerRecord container = worker.record().container();
            if (container != null && (container.id().equals(reference) || named(container, reference))) {
                return worker;
            }
        }
        if (matching.size() > 1) {
            throw new ActionRefused(Reason.INVALID, "multiple IDs found with provided prefix: " + reference);
        }
        if (matching.isEmpty()) {
            throw noSuch(reference);
        }
        return matching.getFirst();
    }

    private static boolean matches(@Nullable ContainerRecord container, String reference) {
        return container != null
                && !reference.isEmpty()
                && (container.id().startsWith(reference) || named(container, reference));
    }

    private static boolean named(ContainerRecord container, String reference) {
        return reference.equals(container.name()) || reference.equals("/" + container.name());
    }

    private static ContainerRecord container(TaskWorker worker, String reference) throws ActionRefused {
        ContainerRecord container = worker.record().container();
        if (container == null) {
            throw noSuch(reference);
        }
        return container;
    }

    private static ActionRefused noSuch(String reference) {
        return new ActionRefused(Reason.NOT_FOUND, "No such container: " + reference);
    }
}
