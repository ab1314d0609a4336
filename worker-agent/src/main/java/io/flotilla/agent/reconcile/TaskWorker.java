package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerInspect;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.container.Signals;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.agent.network.PortTaken;
import io.flotilla.agent.reconcile.Steps.ImageState;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Brings one task to what is wanted of it, a step at a time on the task's own serial queue. The record is changed there
 * only; what comes from elsewhere (an assignment, an exit, a timer) is left in a field and the queue asked to look again.
 * Intentions are journaled before they are acted on, facts after they are seen; a crash in between repeats a step.
 */
final class TaskWorker {
    private static final Logger LOG = Logger.getLogger(TaskWorker.class);
    private static final int MOST_WAITING_ACTIONS = 64;
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LAST_RETRY = Duration.ofSeconds(30);

    private final WorkerPorts ports;
    private final SerialQueue queue;
    private final AtomicBoolean asked = new AtomicBoolean();
    private final AtomicReference<@Nullable Wanted> wanted = new AtomicReference<>();
    private volatile TaskRecord record;

    /** Completes on the queue once the record tells of the container's exit. */
    private final CompletableFuture<Void> exitRecorded = new CompletableFuture<>();

    private volatile boolean watched;
    private volatile @Nullable Exit exit;
    private volatile boolean graceOver;
    private volatile boolean killed;
    private volatile @Nullable String fetchFailure;
    /** What the image's name turned out to stand for in its registry; the cluster does not know it yet. */
    private volatile @Nullable String pulledImage;

    private volatile boolean fetching;
    /** Why the latest assignment is not followed; null when it is. */
    private volatile @Nullable String misread;
    /** A fact is in memory that the journal could not take. */
    private boolean unjournaled;
    /** The record has come further than was reported. Told when no step follows at once: a task passes most states in no time. */
    private boolean untold;

    private volatile boolean held;
    private Duration retry = FIRST_RETRY;

    /** What a user asks of a container. */
    interface Action {
        void run() throws ActionRefused, IOException;
    }

    /** @param assignment null when it was taken back */
    private record Wanted(@Nullable RunTask assignment, long index) {}

    TaskWorker(WorkerPorts ports, TaskRecord record) {
        this.ports = ports;
        this.queue = new SerialQueue(ports.pool(), MOST_WAITING_ACTIONS);
        this.record = record;
    }

    /** As it is now; a value. */
    TaskRecord record() {
        return record;
    }

    /** Completes when the container's exit is recorded and reported; fails only with the process. */
    CompletableFuture<Void> exitRecorded() {
        return exitRecorded.copy();
    }

    /** A later assignment, or null that it was taken back. Older ones than known are dropped. */
    void want(@Nullable RunTask assignment, long index) {
        misread = null;
        wanted.accumulateAndGet(
                new Wanted(assignment, index),
                (known, next) -> known == null || next.index() > known.index() ? next : known);
        converge();
    }

    /** There is a later assignment that can't be read: the task goes on by the one before, and its status says so. */
    void misread(String reason) {
        misread = reason;
        converge();
    }

    /** Look again whether something is to be done; any number of calls until then are one. */
    void converge() {
        if (asked.compareAndSet(false, true)) {
            ports.onQueue(queue, this::convergeNow);
        }
    }

    /** Runs an action of a user between the steps. */
    CompletableFuture<Void> submit(Action action) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        try {
            queue.offer(() -> {
                try {
                    action.run();
                    result.complete(null);
                } catch (ActionRefused | IOException | RuntimeException refusedOrFailed) {
                    result.completeExceptionally(refusedOrFailed);
                }
            });
        } catch (RejectedExecutionException full) {
            result.completeExceptionally(full);
        }
        return result;
    }

    /** On the queue: all steps that can be done now. */
    void convergeNow() {
        asked.set(false);
        try {
            takeWanted();
            if (unjournaled) {
                ports.journal().write(record, true);
                unjournaled = false;
            }
            Step step = Steps.next(record, seen());
            while (!held && !(step instanceof Step.Rest)) {
                perform(step);
                if (step instanceof Step.Forget || step instanceof Step.FetchImage) {
                    return;
                }
                takeWanted();
                step = Steps.next(record, seen());
            }
            if (!held) {
                retry = FIRST_RETRY;
            }
        } catch (IOException e) {
            hold(e);
        } finally {
            if (untold) {
                untold = false;
                reportAll();
            }
        }
    }

    private void hold(IOException e) {
        held = true;
        LOG.warnf(
                "task %s waits %d s for its next try: %s", record.assignment().id(), retry.toSeconds(), e.getMessage());
        ContainerRecord container = record.container();
        if (container != null && !container.error().equals(e.getMessage())) {
            record = record.contained(container.withError(String.valueOf(e.getMessage())));
            reportContainer();
        }
        ports.later(retry, () -> {
            held = false;
            converge();
        });
        retry = retry.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : retry.multipliedBy(2);
    }

    private void takeWanted() throws IOException {
        Wanted next = wanted.getAndSet(null);
        if (next == null || next.index() <= record.index()) {
            return;
        }
        TaskRecord updated = next.assignment() == null
                ? record.withWithdrawn(true).withIndex(next.index())
                : record.withAssignment(next.assignment()).withIndex(next.index());
        boolean portsChanged =
                !updated.assignment().ports().equals(record.assignment().ports());
        observe(updated, false);
        if (portsChanged) {
            ports.ingress().sync();
        }
    }

    private Steps.Seen seen() {
        ImageState image = fetching ? new ImageState.Coming() : ports.images().state(imageId());
        String failure = fetchFailure;
        if (image instanceof ImageState.Absent && failure != null) {
            image = new ImageState.Failed(failure);
        }
        return new Steps.Seen(image, watched, exit, graceOver, killed, shortfall());
    }

    /** What a running task lacks of what is wanted; null when nothing. */
    private @Nullable String shortfall() {
        String unread = misread;
        return unread != null ? unread : ports.ingress().failure(record);
    }

    private void perform(Step step) throws IOException {
        switch (step) {
            case Step.Accept() -> pass(status(TaskState.ACCEPTED, "accepted", null));
            case Step.Prepare() -> pass(status(TaskState.PREPARING, "preparing", null));
            case Step.FetchImage() -> fetch();
            case Step.Reject(String reason) -> reject(reason);
            case Step.NameContainer() ->
                commit(record.withContainerId(ports.containerIds().get()), false);
            case Step.Create(String containerId) -> create(containerId);
            case Step.Start() -> start();
            case Step.Adopt() -> adopt();
            case Step.ShowShortfall(String shortfall) ->
                reach(record.status().withErr(shortfall).withTimestamp(now()));
            case Step.Stop() -> stop();
            case Step.Kill() -> kill();
            case Step.RecordExit(Exit ended) -> recordExit(ended);
            case Step.Release() -> release();
            case Step.Withhold() -> reach(status(TaskState.SHUTDOWN, "shutdown", null));
            case Step.Remove(String containerId) -> remove(containerId);
            case Step.Forget() -> {
                ports.journal().delete(record.assignment().id());
                ports.forget().accept(record.assignment().id());
            }
            case Step.Rest() -> {}
        }
    }

    /** What the cluster or else the registry says the task's image is; null while neither has. */
    private @Nullable String imageId() {
        String assigned = record.assignment().image();
        return assigned == null ? pulledImage : assigned;
    }

    private void fetch() {
        RunTask task = record.assignment();
        var spec = task.spec().containerSpec();
        String reference = spec == null || spec.image() == null ? String.valueOf(task.image()) : spec.image();
        fetching = true;
        ports.images()
                .fetch(
                        new ImageInventory.Need(imageId(), reference, task.imageHolders(), task.registryAuth()),
                        (imageId, failure) -> {
                            pulledImage = imageId;
                            fetchFailure = failure;
                            fetching = false;
                            converge();
                        });
    }

    private void create(String containerId) throws IOException {
        RunTask task = record.assignment();
        String imageId = imageId();
        Optional<StoredImage> image =
                imageId == null ? Optional.empty() : ports.images().find(imageId);
        if (image.isEmpty()) {
            // removed since it was seen: look again
            return;
        }
        try {
            ContainerRecord container = ports.containers().create(task, containerId, image.get(), now());
            commit(record.contained(container).reached(status(TaskState.READY, "prepared", null)), false);
        } catch (PlanRefused | LogRefused | ImageRefused | IOException e) {
            reject(String.valueOf(e.getMessage()));
            return;
        }
        untold = true;
        event("create", Map.of());
    }

    private void start() throws IOException {
        ContainerRecord connected;
        try {
            connected = ports.containers().connect(container());
        } catch (PortTaken | PlanRefused | IOException e) {
            reject(String.valueOf(e.getMessage()));
            return;
        }
        commit(
                record.contained(connected.withStartAttempted(true))
                        .reached(status(TaskState.STARTING, "starting", null)),
                true);
        untold = true;
        try {
            RunningProcess process = ports.containers().start(connected);
            started(process);
        } catch (IOException e) {
            startFailed(e);
        }
    }

    private void started(RunningProcess process) throws IOException {
        ContainerRecord running = container().withProcess(process).withStartedAt(now());
        // the journal takes it with the state below; after a crash before that the process is found by its container
        record = record.contained(running);
        unjournaled = true;
        watch();
        if (!IngressPublisher.ingressPorts(record).isEmpty()) {
            ports.ingress().sync();
        }
        TaskStatus status = status(TaskState.RUNNING, "started", null);
        observe(record.reached(status.withErr(shortfall())), false);
        report();
        reportContainer();
        ports.outbox().event(ports.events().network("connect", running, now()));
        event("start", Map.of());
    }

    private void startFailed(IOException e) throws IOException {
        int exitCode = e instanceof RuntimeFailure failure ? failure.exitCode() : 128;
        ContainerRecord failed =
                container().withExit(new Exit(exitCode, false, now(), true)).withError(String.valueOf(e.getMessage()));
        TaskRecord next = record.contained(failed);
        TaskStatus status = TaskStatuses.of(
                next, TaskState.FAILED, "starting", "starting container failed: " + e.getMessage(), now());
        observe(next.reached(status), true);
        report();
        reportContainer();
    }

    private void adopt() throws IOException {
        ContainerSteps.Adopted adopted = ports.containers().adopt(container());
        if (!adopted.watched()) {
            watched = true;
            exit = Exit.unknown(now());
            return;
        }
        watch();
        if (adopted.process().isPresent() && record.state() == TaskState.STARTING) {
            started(adopted.process().get());
        }
        if (container().stopRequestedAt() != null && exit == null) {
            // the crash may have come before the signal was sent
            armGrace();
            ports.runtime().signal(container().id(), container().stopSignal());
        }
    }

    private void watch() {
        watched = true;
        String containerId = container().id();
        var watching = ports.runtime().exit(containerId).whenComplete((told, failure) -> {
            // cancelled: this agent goes and the container stays
            if (told != null || !(failure instanceof CancellationException)) {
                exit = told == null ? Exit.unknown(now()) : told;
                converge();
            }
        });
        if (watching.isCancelled()) {
            LOG.debugf("container %s is not watched: the agent is closing", containerId);
        }
    }

    private void stop() throws IOException {
        ContainerRecord container = container().withStopRequestedAt(now());
        commit(record.contained(container), false);
        if (!IngressPublisher.ingressPorts(record).isEmpty()) {
            ports.ingress().sync();
        }
        armGrace();
        event("kill", Map.of("signal", Integer.toString(container.stopSignal())));
        ports.runtime().signal(container.id(), container.stopSignal());
    }

    private void armGrace() {
        ContainerRecord container = container();
        Instant since = container.stopRequestedAt() == null ? now() : container.stopRequestedAt();
        long elapsedMs = Math.max(0, Duration.between(since, now()).toMillis());
        Duration left = Duration.ofMillis(Math.max(0, container.stopGraceMs() - elapsedMs));
        ports.later(left, () -> {
            graceOver = true;
            converge();
        });
    }

    private void kill() throws IOException {
        event("kill", Map.of("signal", Integer.toString(Signals.SIGKILL)));
        ports.runtime().signal(container().id(), Signals.SIGKILL);
        killed = true;
    }

    private void recordExit(Exit ended) throws IOException {
        ContainerRecord container = container();
        // its ports are free before anyone can hear that it has ended
        ports.containers().disconnect(container);
        ContainerRecord exited = container.withExit(ended);
        TaskRecord next = record.contained(exited);
        observe(next.reached(TaskStatuses.ofExit(next, ended, now())), true);
        report();
        reportContainer();
        if (ended.oomKilled()) {
            event("oom", Map.of());
        }
        event("die", ContainerEvents.ofExit(exited, ended));
        ports.outbox().event(ports.events().network("disconnect", exited, now()));
        if (exited.stopRequestedAt() != null) {
            event("stop", Map.of());
        }
        exitRecorded.complete(null);
        if (!IngressPublisher.ingressPorts(record).isEmpty()) {
            ports.ingress().sync();
        }
    }

    private void release() throws IOException {
        ports.containers().release(container().id());
        observe(record.contained(container().withReleased(true)), false);
    }

    private void remove(String containerId) throws IOException {
        ports.containers().remove(containerId);
        ContainerRecord gone = record.container();
        observe(record.withContainer(null).withContainerId(null), false);
        if (gone != null) {
            ports.outbox()
                    .report(
                            "container/" + containerId,
                            new Report.ContainerGone(ports.node().id(), containerId));
            ports.outbox().event(ports.events().container("destroy", gone, Map.of(), now()));
        }
        ports.images().dropUnused();
    }

    /** A user's removal of a container; on the queue. @throws ActionRefused while it runs: a task can not outlive its end */
    void removeContainer() throws ActionRefused, IOException {
        String containerId = record.containerId();
        ContainerRecord container = record.container();
        if (container != null && container.live()) {
            throw new ActionRefused(
                    ActionRefused.Reason.CONFLICT,
                    "cannot remove container \"/" + container.name() + "\": container is running");
        }
        if (containerId != null) {
            remove(containerId);
        }
    }

    private void reject(String reason) throws IOException {
        reach(status(TaskState.REJECTED, record.status().message(), reason));
    }

    /** A state that costs nothing to come to again: neither journaled nor, when the next follows at once, reported. */
    private void pass(TaskStatus status) {
        record = record.reached(status);
        untold = true;
    }

    private void reach(TaskStatus status) throws IOException {
        observe(record.reached(status), false);
        report();
    }

    /** An intention: not in force before the journal has it. */
    private void commit(TaskRecord next, boolean durable) throws IOException {
        ports.journal().write(next, durable);
        record = next;
    }

    /** A fact: in force whether or not the journal takes it now. */
    private void observe(TaskRecord next, boolean durable) throws IOException {
        record = next;
        unjournaled = true;
        ports.journal().write(next, durable);
        unjournaled = false;
    }

    /** Everything about the task, again. */
    void reportAll() {
        report();
        if (record.container() != null) {
            reportContainer();
        }
    }

    private void report() {
        TaskRecord now = record;
        String taskId = now.assignment().id();
        ports.outbox()
                .report("task/" + taskId, new Report.TaskObserved(ports.node().id(), taskId, now.status()));
    }

    void reportContainer() {
        TaskRecord now = record;
        ContainerRecord container = now.container();
        if (container != null) {
            ports.outbox()
                    .report(
                            "container/" + container.id(),
                            new Report.ContainerObserved(
                                    ports.node().id(),
                                    container.id(),
                                    now.assignment().id(),
                                    now.assignment().serviceId(),
                                    container.observed(),
                                    ContainerInspect.of(container)));
        }
    }

    void event(String action, Map<String, String> more) {
        event(container(), action, more);
    }

    /** Of the container as it was just now; any thread. */
    void event(ContainerRecord container, String action, Map<String, String> more) {
        ports.outbox().event(ports.events().container(action, container, more, now()));
    }

    private TaskStatus status(TaskState state, @Nullable String message, @Nullable String err) {
        return TaskStatuses.of(record, state, message, err, now());
    }

    private ContainerRecord container() {
        ContainerRecord container = record.container();
        if (container == null) {
            throw new IllegalStateException("task " + record.assignment().id() + " has no container");
        }
        return container;
    }

    private Instant now() {
        return ports.clock().instant();
    }
}
