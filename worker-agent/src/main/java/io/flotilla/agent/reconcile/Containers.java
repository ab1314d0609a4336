package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.Signals;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.bus.assignment.Assignment.RunContainer;
import io.flotilla.bus.report.Report;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The node's containers for those who act on one: found by name or ID, started, signalled, stopped, removed, watched.
 * Actions run between the reconciler's steps on the container's own queue; the futures complete there, or fail with
 * {@link ActionRefused}.
 */
public final class Containers {
    private final Pauses pauses;
    private final Supplier<? extends Collection<? extends Worker>> workers;
    private final Orders orders;

    /** Follows one container as it changes; called on its queue, must not wait. */
    public interface Watcher {
        void observed(Report.ContainerObserved seen);

        /** It has been removed: nothing follows. */
        void gone();
    }

    /** Takes assignments that come ahead of the bus. */
    interface Orders {
        ContainerWorker take(RunContainer assignment, long index);
    }

    Containers(ContainerRuntime runtime, Supplier<? extends Collection<? extends Worker>> workers, Orders orders) {
        this.pauses = new Pauses(runtime);
        this.workers = workers;
        this.orders = orders;
    }

    public List<ContainerRecord> all() {
        return workers.get().stream()
                .map(Worker::container)
                .filter(Objects::nonNull)
                .toList();
    }

    /** @param reference an ID, a beginning of one that no other has, or a name */
    public ContainerRecord find(String reference) throws ActionRefused {
        return container(worker(reference), reference);
    }

    Optional<ContainerRecord> lookUp(String reference) {
        try {
            return Optional.of(find(reference));
        } catch (ActionRefused none) {
            return Optional.empty();
        }
    }

    /** Tells what happened to a container that is not a change of it. Nothing when it is gone. Any thread. */
    public void event(String containerId, String action, Map<String, String> attributes) {
        for (Worker worker : workers.get()) {
            ContainerRecord container = worker.container();
            if (container != null && container.id().equals(containerId)) {
                worker.life().event(action, attributes);
            }
        }
    }

    /** What is reported of the container as it is now. */
    public Report.ContainerObserved observation(String reference) throws ActionRefused {
        Report.ContainerObserved observed = worker(reference).life().observation();
        if (observed == null) {
            throw noSuch(reference);
        }
        return observed;
    }

    /**
     * Follows an assignment ahead of the bus.
     *
     * @param index of the Raft log it was committed at
     * @return completes when the container is as it says, and has been started as often as it says; fails with the reason in
     *     Docker's words
     */
    public CompletableFuture<Report.ContainerObserved> converge(RunContainer assignment, long index) {
        ContainerWorker worker = orders.take(assignment, index);
        return worker.converged(index).thenApply(done -> {
            Report.ContainerObserved now = worker.life().observation();
            // a short-lived one may have removed itself already: it was started all the same
            Report.ContainerObserved observed = now == null ? worker.life().lastTold() : now;
            if (observed == null) {
                throw new CompletionException(noSuch(assignment.id()));
            }
            return observed;
        });
    }

    /** Tells the watcher of the container as it is and of each later change, none left out. */
    public CompletableFuture<Void> watch(String reference, Watcher watcher) throws ActionRefused {
        Worker worker = worker(reference);
        return worker.submit(() -> worker.life().watch(watcher));
    }

    /** No error when it did not watch. */
    public void unwatch(Watcher watcher) {
        workers.get().forEach(worker -> worker.life().unwatch(watcher));
    }

    /** With SIGKILL it completes when the container has ended, as dockerd answers then. */
    public CompletableFuture<Void> signal(String reference, int signal) throws ActionRefused {
        Worker worker = worker(reference);
        return worker.submit(() -> {
                    ContainerRecord container = container(worker, reference);
                    if (container.restarting()) {
                        worker.ends(false);
                        return;
                    }
                    requireRunning(container, "cannot kill container: " + reference + ": ");
                    // as dockerd: what may end it is not followed by a restart
                    boolean ending = signal == Signals.SIGKILL
                            || container.config().stopSignal() == null
                            || signal == container.stopSignal();
                    if (ending) {
                        worker.ends(false);
                    }
                    send(worker, signal);
                })
                .thenCompose(sent -> signal == Signals.SIGKILL ? ended(worker) : done());
    }

    /** Of the run that is under way; at once when none is. */
    private static CompletableFuture<Void> ended(Worker worker) {
        CompletableFuture<Void> ended = worker.life().exitRecorded();
        ContainerRecord container = worker.container();
        if (container == null || !container.live()) {
            return done();
        }
        return ended.orTimeout(Worker.KILL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Sends the signal, and SIGKILL when the container has not exited in time; completes when it has.
     *
     * @param signal 0: the container's own
     * @param timeout null: the container's own; negative: SIGKILL is never sent
     */
    public CompletableFuture<Void> stop(String reference, int signal, @Nullable Duration timeout) throws ActionRefused {
        Worker worker = worker(reference);
        ContainerRecord container = container(worker, reference);
        if (!container.running() && !container.restarting()) {
            // stopping what is stopped is no error, as in Docker
            return done();
        }
        return end(worker, container, signal, timeout, false)
                .thenCompose(over -> worker.submit(() -> worker.life().event("stop", Map.of())));
    }

    /** Stops it when it runs, and starts it. Counts as a user's start, which no manager has to order. */
    public CompletableFuture<Void> restart(String reference, int signal, @Nullable Duration timeout)
            throws ActionRefused {
        Worker worker = worker(reference);
        ContainerRecord container = container(worker, reference);
        return end(worker, container, signal, timeout, true)
                .thenCompose(over -> worker instanceof ContainerWorker own
                        ? own.converged(own.record().index())
                        : done())
                .thenCompose(over -> worker.submit(() -> worker.life().event("restart", Map.of())));
    }

    private CompletableFuture<Void> end(
            Worker worker, ContainerRecord container, int signal, @Nullable Duration timeout, boolean again) {
        Duration grace = timeout == null ? Duration.ofMillis(container.stopGraceMs()) : timeout;
        CompletableFuture<Void> ended = worker.life().exitRecorded();
        return worker.submit(() -> {
                    worker.ends(again);
                    ContainerRecord now = worker.container();
                    if (now == null || !now.running()) {
                        ended.complete(null);
                        return;
                    }
                    if (worker instanceof ContainerWorker own) {
                        own.stopping();
                    }
                    send(worker, signal == 0 ? now.stopSignal() : signal);
                })
                .thenCompose(sent -> grace.isNegative() ? ended : killAfter(worker, ended, grace));
    }

    private static CompletableFuture<Void> killAfter(Worker worker, CompletableFuture<Void> ended, Duration grace) {
        return ended.copy()
                .orTimeout(grace.toMillis(), TimeUnit.MILLISECONDS)
                .handle((over, late) -> late)
                .thenCompose(late -> late == null
                        ? ended
                        : worker.submit(() -> {
                                    if (!ended.isDone() && worker.container() != null) {
                                        worker.life().kill();
                                    }
                                })
                                .thenCompose(sent -> ended));
    }

    /** Removes an exited container, or with force a running one, and its log. @param volumes those of its own too */
    public CompletableFuture<Void> remove(String reference, boolean force, boolean volumes) throws ActionRefused {
        Worker worker = worker(reference);
        if (!force) {
            requireStopped(container(worker, reference));
        }
        return worker.remove(force, volumes);
    }

    public CompletableFuture<Void> pause(String reference) throws ActionRefused {
        Worker worker = worker(reference);
        return worker.submit(() -> pauses.pause(worker, container(worker, reference), reference));
    }

    public CompletableFuture<Void> unpause(String reference) throws ActionRefused {
        Worker worker = worker(reference);
        return worker.submit(() -> pauses.unpause(worker, container(worker, reference), reference));
    }

    /**
     * Waits for the container's turn and has its processes stand still, if it runs, while its files are read for an image.
     * Who ends it meanwhile is not kept waiting: it goes on then.
     *
     * @param pause false: it goes on all the time
     */
    public Pauses.Hold holdForCommit(String reference, boolean pause) throws ActionRefused, IOException {
        return pauses.hold(worker(reference), pause);
    }

    /** A container that stands still and is told to end goes on, or it could not. */
    private void send(Worker worker, int signal) throws IOException {
        worker.life().signal(signal);
        ContainerRecord container = worker.container();
        if (container != null && (signal == Signals.SIGKILL || signal == container.stopSignal())) {
            pauses.release(worker, container);
        }
    }

    private static CompletableFuture<Void> done() {
        return CompletableFuture.completedFuture(null);
    }

    static void requireRunning(ContainerRecord container, String refused) throws ActionRefused {
        if (!container.running()) {
            throw new ActionRefused(Reason.CONFLICT, refused + Worker.describe(container) + " is not running");
        }
    }

    /** What is removed without force. */
    static void requireStopped(ContainerRecord container) throws ActionRefused {
        String refused = "cannot remove container \"/" + container.name() + "\": container is ";
        if (container.paused()) {
            throw new ActionRefused(
                    Reason.CONFLICT,
                    refused + "paused and must be unpaused first: unpause and then stop the container before removing"
                            + " or force remove");
        }
        if (container.restarting() || container.running()) {
            throw new ActionRefused(
                    Reason.CONFLICT,
                    refused + (container.restarting() ? "restarting" : "running")
                            + ": stop the container before removing or force remove");
        }
    }

    private Worker worker(String reference) throws ActionRefused {
        List<? extends Worker> matching = workers.get().stream()
                .filter(worker -> matches(worker.container(), reference))
                .toList();
        for (Worker worker : matching) {
            ContainerRecord container = worker.container();
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

    private static ContainerRecord container(Worker worker, String reference) throws ActionRefused {
        ContainerRecord container = worker.container();
        if (container == null) {
            throw noSuch(reference);
        }
        return container;
    }

    private static ActionRefused noSuch(String reference) {
        return new ActionRefused(Reason.NOT_FOUND, "No such container: " + reference);
    }
}
