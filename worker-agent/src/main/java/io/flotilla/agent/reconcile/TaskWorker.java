package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ClusterMount;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.container.TaskContainer;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.agent.network.PortTaken;
import io.flotilla.agent.reconcile.Steps.ImageState;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.bus.seal.UnsealException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Brings one task to what is wanted of it, a step at a time on the task's own serial queue. The record is changed there
 * only; what comes from elsewhere (an assignment, an exit, a timer) is left in a field and the queue asked to look again.
 * Intentions are journaled before they are acted on, facts after they are seen; a crash in between repeats a step.
 */
final class TaskWorker implements Worker, StepLoop.Steps, ContainerLife.Owner {
    private static final Logger LOG = Logger.getLogger(TaskWorker.class);

    private final WorkerPorts ports;
    private final WorkerPorts.Memory<TaskRecord, TaskWorker> memory;
    private final IngressPublisher ingress;
    private final StepLoop loop;
    private final ContainerLife life;
    private final Wanted<RunTask> wanted = new Wanted<>();
    private volatile TaskRecord record;

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

    TaskWorker(
            WorkerPorts ports,
            WorkerPorts.Memory<TaskRecord, TaskWorker> memory,
            IngressPublisher ingress,
            TaskRecord record) {
        this.ports = ports;
        this.memory = memory;
        this.ingress = ingress;
        this.record = record;
        this.loop = new StepLoop(ports, this);
        this.life = new ContainerLife(ports, this, loop);
    }

    /** As it is now; a value. */
    TaskRecord record() {
        return record;
    }

    @Override
    public @Nullable ContainerRecord container() {
        return record.container();
    }

    @Override
    public ContainerLife life() {
        return life;
    }

    @Override
    public String taskId() {
        return record.assignment().id();
    }

    @Override
    public String serviceId() {
        return record.assignment().serviceId();
    }

    @Override
    public void converge() {
        loop.converge();
    }

    @Override
    public CompletableFuture<Void> finish(StepLoop.Action action) {
        return loop.finish(action);
    }

    @Override
    public CompletableFuture<Void> submit(StepLoop.Action action) {
        return loop.submit(action);
    }

    @Override
    public void ends(boolean again) throws ActionRefused {
        if (again) {
            throw new ActionRefused(
                    ActionRefused.Reason.CONFLICT,
                    "container " + record.containerId() + " is a task of service "
                            + record.assignment().serviceName() + ": update the service to restart it");
        }
    }

    /**
     * A later assignment, or null that it was taken back. Older ones than known are dropped.
     *
     * @return false when the task is forgotten here: an assignment needs another worker
     */
    boolean want(@Nullable RunTask assignment, long index) {
        boolean taken = wanted.put(assignment, index);
        if (taken) {
            misread = null;
            converge();
        }
        return taken;
    }

    /** Takes no assignment any more. @return one that came after the task was taken back, for another worker; or null */
    Wanted.@Nullable Wish<RunTask> close() {
        return wanted.close(record.index());
    }

    /** There is a later assignment that can't be read: the task goes on by the one before, and its status says so. */
    void misread(String reason) {
        misread = reason;
        converge();
    }

    @Override
    public void begin() throws IOException {
        takeWanted();
        if (unjournaled) {
            memory.journal().write(record, true);
            unjournaled = false;
        }
    }

    @Override
    public StepLoop.Turn step() throws IOException {
        if (wanted.isClosed()) {
            return StepLoop.Turn.REST;
        }
        takeWanted();
        Step step = Steps.next(record, seen());
        perform(step);
        boolean over = step instanceof Step.Rest || step instanceof Step.Forget || step instanceof Step.FetchImage;
        return over ? StepLoop.Turn.REST : StepLoop.Turn.AGAIN;
    }

    @Override
    public void held(IOException reason, Duration retry) {
        LOG.warnf(
                "task %s waits %d s for its next try: %s",
                record.assignment().id(), retry.toSeconds(), reason.getMessage());
        ContainerRecord container = record.container();
        if (container != null && !container.error().equals(reason.getMessage())) {
            record = record.contained(container.withError(String.valueOf(reason.getMessage())));
            life.report();
        }
    }

    @Override
    public void rested(@Nullable IOException failure) {
        if (untold) {
            untold = false;
            reportAll();
        }
    }

    private void takeWanted() throws IOException {
        if (record.withdrawn()) {
            // what is wanted after that begins anew, when this is forgotten
            return;
        }
        Wanted.Wish<RunTask> next = wanted.take(record.index());
        if (next == null) {
            return;
        }
        TaskRecord updated = next.assignment() == null
                ? record.withWithdrawn(true).withIndex(next.index())
                : record.withAssignment(next.assignment()).withIndex(next.index());
        boolean portsChanged =
                !updated.assignment().ports().equals(record.assignment().ports());
        keep(updated, false);
        if (portsChanged) {
            ingress.sync();
        }
    }

    private Steps.Seen seen() {
        ImageState image = fetching ? new ImageState.Coming() : ports.images().state(imageId());
        String failure = fetchFailure;
        if (image instanceof ImageState.Absent && failure != null) {
            image = new ImageState.Failed(failure);
        }
        return new Steps.Seen(
                image,
                ports.valueFiles().lack(record.assignment()),
                ports.clusterVolumes().lack(record.assignment().volumes()),
                life.watched(),
                life.exit(),
                life.graceOver(),
                life.killed(),
                shortfall());
    }

    /** What a running task lacks of what is wanted; null when nothing. */
    private @Nullable String shortfall() {
        String unread = misread;
        return unread != null ? unread : ingress.failure(record);
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
            case Step.Run() -> run();
            case Step.Kill() -> life.kill();
            case Step.RecordExit(Exit ended) -> recordExit(ended);
            case Step.Release() -> release();
            case Step.Withhold() -> reach(status(TaskState.SHUTDOWN, "shutdown", null));
            case Step.Remove(String containerId) -> remove(containerId);
            case Step.Forget() -> {
                memory.journal().delete(record.assignment().id());
                memory.forget().accept(this);
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
        String registryAuth;
        try {
            registryAuth = task.sealedRegistryAuth() == null
                    ? null
                    : ports.values().open(task.sealedRegistryAuth(), SpecRevision.REGISTRY_AUTH);
        } catch (UnsealException e) {
            fetchFailure = "registry credentials: " + e.getMessage();
            converge();
            return;
        }
        fetching = true;
        ports.images()
                .fetch(
                        new ImageInventory.Need(imageId(), reference, task.imageHolders(), registryAuth),
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
        List<ClusterMount> volumes = ports.clusterVolumes().hold(task.id(), task.volumes());
        if (volumes.size() < task.volumes().size()) {
            // one went since it was seen: look again
            return;
        }
        try {
            TaskContainer wish = TaskContainer.of(task, ports.node(), volumes);
            ContainerRecord planned = ports.containers().create(wish.request(), containerId, image.get(), now());
            List<RuntimeSpec.Mount> mounts = new ArrayList<>(planned.spec().mounts());
            mounts.addAll(ports.valueFiles().mounts(containerId, task));
            planned = planned.withSpec(planned.spec().withMounts(mounts));
            ContainerRecord container = wish.stopGraceMs() == 0 ? planned : planned.withStopGraceMs(wish.stopGraceMs());
            commit(record.contained(container).reached(status(TaskState.READY, "prepared", null)), false);
        } catch (PlanRefused | LogRefused | ImageRefused | IOException e) {
            reject(String.valueOf(e.getMessage()));
            return;
        }
        untold = true;
        life.event("create", Map.of());
    }

    private void start() throws IOException {
        ContainerRecord connected;
        try {
            ports.valueFiles().write(present().id(), record.assignment());
            connected = ports.containers().connect(present());
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
            started(life.start(present()));
        } catch (IOException e) {
            startFailed(e);
        }
    }

    /** Running at once, or with a health check when that says so. */
    private void started(ContainerRecord running) throws IOException {
        // the journal takes it with the state below; after a crash before that the process is found by its container
        record = record.contained(running);
        unjournaled = true;
        life.follow();
        if (!IngressPublisher.ingressPorts(record).isEmpty()) {
            ingress.sync();
        }
        TaskState state = running.health() == null ? TaskState.RUNNING : TaskState.STARTING;
        TaskStatus status = status(state, state == TaskState.RUNNING ? "started" : "starting", null);
        keep(record.reached(status.withErr(shortfall())), false);
        life.monitor();
        life.tellStart();
        report();
    }

    private void run() throws IOException {
        if (!IngressPublisher.ingressPorts(record).isEmpty()) {
            ingress.sync();
        }
        reach(status(TaskState.RUNNING, "started", shortfall()));
    }

    private void startFailed(IOException e) throws IOException {
        ports.containers().notStarted(present().id());
        int exitCode = e instanceof RuntimeFailure failure ? failure.exitCode() : 128;
        ContainerRecord failed =
                present().withExit(new Exit(exitCode, false, now(), true)).withError(String.valueOf(e.getMessage()));
        TaskRecord next = record.contained(failed);
        TaskStatus status = TaskStatuses.of(
                next, TaskState.FAILED, "starting", "starting container failed: " + e.getMessage(), now());
        keep(next.reached(status), true);
        reportAll();
    }

    private void adopt() throws IOException {
        Optional<RunningProcess> process = life.adopt();
        if (process.isEmpty()) {
            return;
        }
        if (present().process() == null && record.state() == TaskState.STARTING) {
            started(life.started(present(), process.get()));
        }
        life.goOn();
    }

    private void stop() throws IOException {
        ContainerRecord container = present().withStopRequestedAt(now());
        commit(record.contained(container), false);
        if (!IngressPublisher.ingressPorts(record).isEmpty()) {
            ingress.sync();
        }
        life.armGrace();
        life.signal(container.stopSignal());
        if (container.frozen()) {
            ports.runtime().unpause(container.id());
        }
    }

    private void recordExit(Exit ended) throws IOException {
        TaskStatus status = TaskStatuses.ofExit(record, ended, now());
        TaskRecord next = record.contained(life.ended(ended));
        keep(next.reached(TaskStatuses.of(next, status)), true);
        boolean asked = present().stopRequestedAt() != null;
        life.tellEnd(ended, asked);
        report();
        if (!IngressPublisher.ingressPorts(record).isEmpty()) {
            ingress.sync();
        }
    }

    private void release() throws IOException {
        ports.containers().release(present().id());
        ports.clusterVolumes().release(record.assignment().id());
        keep(record.contained(present().withReleased(true)), false);
    }

    private void remove(String containerId) throws IOException {
        ports.containers().remove(containerId, true);
        ports.clusterVolumes().release(record.assignment().id());
        ContainerRecord gone = record.container();
        keep(record.withContainer(null).withContainerId(null), false);
        if (gone != null) {
            life.tellGone(gone);
        }
        ports.images().dropUnused();
    }

    /** A task can not outlive its end: what runs is only killed here, and its end recorded, before it goes. */
    @Override
    public CompletableFuture<Void> remove(boolean force, boolean volumes) {
        return submit(() -> {
                    ContainerRecord container = present();
                    if (!force) {
                        Containers.requireStopped(container);
                    } else if (container.live()) {
                        life.kill();
                    }
                })
                .thenCompose(begun -> {
                    ContainerRecord container = record.container();
                    return container != null && container.live()
                            ? life.exitRecorded()
                            : CompletableFuture.completedFuture(null);
                })
                .thenCompose(over -> submit(() -> {
                    String containerId = record.containerId();
                    if (containerId != null) {
                        remove(containerId);
                    }
                }));
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
        keep(record.reached(status), false);
        report();
    }

    /** An intention: not in force before the journal has it. */
    private void commit(TaskRecord next, boolean durable) throws IOException {
        memory.journal().write(next, durable);
        record = next;
    }

    /** A fact: in force whether or not the journal takes it now. */
    private void keep(TaskRecord next, boolean durable) throws IOException {
        record = next;
        unjournaled = true;
        memory.journal().write(next, durable);
        unjournaled = false;
    }

    @Override
    public void observe(ContainerRecord seen, boolean durable) throws IOException {
        keep(record.contained(seen), durable);
    }

    /** The container first: who sees that a task runs finds its container. */
    @Override
    public void reportAll() {
        life.report();
        report();
    }

    private void report() {
        TaskRecord now = record;
        String taskId = now.assignment().id();
        ports.outbox()
                .report("task/" + taskId, new Report.TaskObserved(ports.node().id(), taskId, now.status()));
    }

    private TaskStatus status(TaskState state, @Nullable String message, @Nullable String err) {
        return TaskStatuses.of(record, state, message, err, now());
    }

    private ContainerRecord present() {
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
