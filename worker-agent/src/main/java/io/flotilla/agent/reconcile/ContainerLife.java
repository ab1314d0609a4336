package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerInspect;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.Signals;
import io.flotilla.agent.health.HealthCheck;
import io.flotilla.agent.health.HealthMonitor;
import io.flotilla.agent.health.HealthStates;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.Health;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A container's process, one run after the other, and those who are told of it: watched, taken over, signalled, probed,
 * followed to its end. What is journaled is the worker's. Methods run on the worker's queue; the fields an exit or a timer
 * fills are volatile.
 */
final class ContainerLife {
    private static final Logger LOG = Logger.getLogger(ContainerLife.class);

    private final WorkerPorts ports;
    private final Owner owner;
    private final StepLoop loop;
    private final List<Containers.Watcher> watchers = new CopyOnWriteArrayList<>();

    private volatile boolean watched;
    private volatile @Nullable Exit exit;
    private volatile boolean graceOver;
    private volatile boolean killed;
    /** Completes on the queue once the record tells of the run's exit. */
    private volatile CompletableFuture<Void> exitRecorded = new CompletableFuture<>();

    private @Nullable HealthMonitor monitor;
    private volatile Report.@Nullable ContainerObserved lastTold;

    /** The worker, as its container's life needs it. */
    interface Owner {
        @Nullable
        ContainerRecord container();

        /** A fact about the container. */
        void observe(ContainerRecord seen, boolean durable) throws IOException;

        @Nullable
        String taskId();

        @Nullable
        String serviceId();
    }

    ContainerLife(WorkerPorts ports, Owner owner, StepLoop loop) {
        this.ports = ports;
        this.owner = owner;
        this.loop = loop;
    }

    boolean watched() {
        return watched;
    }

    @Nullable
    Exit exit() {
        return exit;
    }

    boolean graceOver() {
        return graceOver;
    }

    boolean killed() {
        return killed;
    }

    /** Of the present run, or the next when none is under way; fails only with the process. */
    CompletableFuture<Void> exitRecorded() {
        return exitRecorded.copy();
    }

    /** Starts its process; the record that tells of it, not journaled yet. */
    ContainerRecord start(ContainerRecord connected) throws IOException {
        RunningProcess process = ports.containers().start(connected);
        return started(connected, process);
    }

    /** As it is once its process is known to run. */
    ContainerRecord started(ContainerRecord container, RunningProcess process) {
        Health health =
                HealthCheck.of(container.config()).isPresent() ? HealthStates.started(container.health()) : null;
        return container.withProcess(process).withStartedAt(now()).withHealth(health);
    }

    /** Follows the run to its end; once a run, when the record tells of it. */
    void follow() {
        watched = true;
        ContainerRecord container = container();
        var watching = ports.runtime().exit(container.id()).whenComplete((told, failure) -> {
            // cancelled: this agent goes and the container stays
            if (told != null || !(failure instanceof CancellationException)) {
                exit = told == null ? Exit.unknown(now()) : told;
                loop.converge();
            }
        });
        if (watching.isCancelled()) {
            LOG.debugf("container %s is not watched: the agent is closing", container.id());
        }
    }

    /** Begins to probe the run when it has a health check. */
    void monitor() {
        ContainerRecord container = container();
        Optional<HealthCheck> check = HealthCheck.of(container.config());
        if (check.isPresent() && monitor == null) {
            Instant startedAt = container.startedAt() == null ? now() : container.startedAt();
            HealthMonitor fresh = new HealthMonitor(
                    check.get(), startedAt, new Probes(ports, owner, this, loop, check.get()), ports.clock());
            monitor = fresh;
            fresh.start();
        }
    }

    void stopMonitor() throws IOException {
        HealthMonitor present = monitor;
        monitor = null;
        if (present != null) {
            present.stop();
        }
    }

    /** Takes over a run of an earlier agent's. @return the process that runs; empty when it has ended, which {@link #exit} tells */
    Optional<RunningProcess> adopt() throws IOException {
        ContainerSteps.Adopted adopted = ports.containers().adopt(container());
        if (!adopted.watched()) {
            watched = true;
            exit = Exit.unknown(now());
            return Optional.empty();
        }
        follow();
        return adopted.process();
    }

    /** The crash of the earlier agent may have come in a commit, or before its signal was sent. */
    void goOn() throws IOException {
        ContainerRecord container = container();
        if (container.commits() > 0) {
            container = container.withCommits(0);
            if (!container.frozen() && exit == null) {
                ports.runtime().unpause(container.id());
            }
            owner.observe(container, false);
        }
        monitor();
        if (container.stopRequestedAt() != null && exit == null) {
            armGrace();
            ports.runtime().signal(container.id(), container.stopSignal());
        }
    }

    /** From the time the record names; when it is over, {@link #graceOver} is true. */
    void armGrace() {
        ContainerRecord container = container();
        if (container.stopGraceMs() < 0) {
            // as Docker: never killed
            return;
        }
        Instant since = container.stopRequestedAt() == null ? now() : container.stopRequestedAt();
        long elapsedMs = Math.max(0, Duration.between(since, now()).toMillis());
        ports.later(Duration.ofMillis(Math.max(0, container.stopGraceMs() - elapsedMs)), () -> {
            graceOver = true;
            loop.converge();
        });
    }

    /** Sends a signal and tells of it. */
    void signal(int signal) throws IOException {
        event("kill", Map.of("signal", Integer.toString(signal)));
        ports.runtime().signal(container().id(), signal);
        killed |= signal == Signals.SIGKILL;
    }

    void kill() throws IOException {
        signal(Signals.SIGKILL);
        ContainerRecord container = container();
        if (container.frozen()) {
            // a frozen process does not even die, cgroup v1
            ports.runtime().unpause(container.id());
        }
    }

    /** Of a run that has ended. Its ports are free before anyone can hear of it. */
    ContainerRecord ended(Exit ended) throws IOException {
        stopMonitor();
        ContainerRecord container = container();
        ports.containers().disconnect(container);
        return container
                .withExit(ended)
                .withPaused(false)
                .withCommits(0)
                .withHealth(HealthStates.ended(container.health()));
    }

    /** After the record tells of the end: says so, and makes room for the next run. */
    void tellEnd(Exit ended, boolean asked) {
        ContainerRecord container = container();
        report();
        if (ended.oomKilled()) {
            event("oom", Map.of());
        }
        event("die", ContainerEvents.ofExit(container, ended));
        ports.outbox().event(ports.events().network("disconnect", container, now()));
        if (asked) {
            event("stop", Map.of());
        }
        watched = false;
        exit = null;
        graceOver = false;
        killed = false;
        CompletableFuture<Void> over = exitRecorded;
        exitRecorded = new CompletableFuture<>();
        over.complete(null);
    }

    /** After the record tells of the start. */
    void tellStart() {
        report();
        ports.outbox().event(ports.events().network("connect", container(), now()));
        event("start", Map.of());
    }

    void event(String action, Map<String, String> more) {
        ContainerRecord container = owner.container();
        if (container != null) {
            ports.outbox().event(ports.events().container(action, container, more, now()));
        }
    }

    /** The container as it is, to the managers and to those who watch it here. */
    void report() {
        Report.ContainerObserved observed = observation();
        if (observed != null) {
            lastTold = observed;
            ports.outbox().report("container/" + observed.containerId(), observed);
            watchers.forEach(watcher -> watcher.observed(observed));
        }
    }

    Report.@Nullable ContainerObserved observation() {
        ContainerRecord container = owner.container();
        return container == null
                ? null
                : new Report.ContainerObserved(
                        ports.node().id(),
                        container.id(),
                        owner.taskId(),
                        owner.serviceId(),
                        container.observed(),
                        ContainerInspect.of(container));
    }

    /** What was last said of it, also when it has gone meanwhile; null before the first time. */
    Report.@Nullable ContainerObserved lastTold() {
        return lastTold;
    }

    /** The last thing said of the container. Under a key of its own, so that its exit is still said before. */
    void tellGone(ContainerRecord gone) {
        ports.outbox().event(ports.events().container("destroy", gone, Map.of(), now()));
        reportGone(gone.id());
        watchers.forEach(Containers.Watcher::gone);
        watchers.clear();
    }

    void reportGone(String containerId) {
        ports.outbox()
                .report(
                        "gone/" + containerId,
                        new Report.ContainerGone(ports.node().id(), containerId));
    }

    /** On the queue: tells the watcher what is, and from then on all that follows. */
    void watch(Containers.Watcher watcher) {
        Report.ContainerObserved now = observation();
        if (now == null) {
            watcher.gone();
            return;
        }
        watchers.add(watcher);
        watcher.observed(now);
    }

    void unwatch(Containers.Watcher watcher) {
        watchers.remove(watcher);
    }

    private ContainerRecord container() {
        ContainerRecord container = owner.container();
        if (container == null) {
            throw new IllegalStateException("there is no container");
        }
        return container;
    }

    private Instant now() {
        return ports.clock().instant();
    }
}
