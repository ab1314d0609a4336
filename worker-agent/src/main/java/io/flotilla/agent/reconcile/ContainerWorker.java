package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerPlan;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.agent.network.PortTaken;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.reconcile.Steps.ImageState;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.bus.assignment.Assignment.RunContainer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Brings one container of no service to what is wanted of it, and does what users ask of it in between; its restart policy
 * is followed here, without managers. As with tasks, intentions are journaled before they are acted on and facts after
 * they are seen. What waits for an order to be followed waits in {@link #converged}.
 *
 * <p>The journal survives the agent's own end as it is. A crash of the machine may take its last writes; no start is
 * repeated by that, since orders of before a boot are not followed after it, as Docker starts nothing either but by policy.
 */
final class ContainerWorker implements Worker, StepLoop.Steps, ContainerLife.Owner {
    private static final Logger LOG = Logger.getLogger(ContainerWorker.class);

    private final WorkerPorts ports;
    private final WorkerPorts.Memory<StandaloneRecord, ContainerWorker> memory;
    private final StepLoop loop;
    private final ContainerLife life;
    private final Wanted<Order> wanted = new Wanted<>();
    private volatile StandaloneRecord record;

    private volatile @Nullable String fetchFailure;
    /** Why it can't be made or changed as the last assignment has it; null when it can. */
    private @Nullable IOException refused;
    /** Why the last start failed; null when it did not. */
    private @Nullable IOException startFailure;
    /** The assignment's index it was ordered by. */
    private long startFailedAt;
    /** The assignment's index the container's name and limits follow. */
    private long changesFollowed;
    /** A fact is in memory that the journal could not take. */
    private boolean unjournaled;

    private final OrderWaits waits = new OrderWaits();
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    /** @param old of before this boot: it orders no start */
    record Order(RunContainer assignment, boolean old) {}

    ContainerWorker(
            WorkerPorts ports, WorkerPorts.Memory<StandaloneRecord, ContainerWorker> memory, StandaloneRecord record) {
        this.ports = ports;
        this.memory = memory;
        this.record = record;
        this.loop = new StepLoop(ports, this);
        this.life = new ContainerLife(ports, this, loop);
        this.changesFollowed = record.container() == null ? record.index() : -1;
    }

    StandaloneRecord record() {
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
    public @Nullable String taskId() {
        return null;
    }

    @Override
    public @Nullable String serviceId() {
        return null;
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

    /**
     * A later order, or null that it was taken back. Older ones than known are dropped.
     *
     * @return false when the container is forgotten here: an order needs another worker
     */
    boolean want(@Nullable Order order, long index) {
        boolean taken = wanted.put(order, index);
        if (taken) {
            converge();
        }
        return taken;
    }

    /** Takes no order any more. @return one that came after the container was taken back, for another worker; or null */
    Wanted.@Nullable Wish<Order> close() {
        return wanted.close(record.index());
    }

    /** Completes when the assignment of the index, or a later one, has been followed; fails with why it could not be. */
    CompletableFuture<Void> converged(long index) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            if (waits.add(index, done)) {
                loop.run();
            }
        });
        return done;
    }

    /** The machine has started: by its policy it starts again, however it ended. Before the first step. */
    void booted() {
        ContainerRecord container = record.container();
        if (container != null
                && !container.live()
                && record.restartAt() == null
                && RestartRules.startsAtBoot(container, record.stoppedByUser())) {
            record = record.withRestartAt(now());
        }
    }

    @Override
    public void begin() throws IOException {
        takeWanted();
        if (unjournaled) {
            memory.journal().write(record, false);
            unjournaled = false;
        }
    }

    private void takeWanted() throws IOException {
        if (record.withdrawn()) {
            // what is wanted after that begins anew, when this is forgotten
            return;
        }
        Wanted.Wish<Order> next = wanted.take(record.index());
        if (next == null) {
            return;
        }
        refused = null;
        fetchFailure = null;
        StandaloneRecord updated = record.withIndex(next.index());
        Order order = next.assignment();
        if (order == null) {
            updated = updated.withWithdrawn(true);
        } else {
            updated = updated.withAssignment(order.assignment())
                    .withStartsFollowed(order.old() ? order.assignment().starts() : updated.startsFollowed());
        }
        keep(updated, false);
    }

    @Override
    public StepLoop.Turn step() throws IOException {
        if (wanted.isClosed()) {
            return StepLoop.Turn.REST;
        }
        takeWanted();
        StandaloneStep step = StandaloneSteps.next(record, seen());
        switch (step) {
            case StandaloneStep.FetchImage(String imageId) -> fetch(imageId);
            case StandaloneStep.Refuse(String reason) -> refused = new IOException(reason);
            case StandaloneStep.Create() -> create();
            case StandaloneStep.Start() -> start(true);
            case StandaloneStep.Restart() -> start(false);
            case StandaloneStep.FollowStart() ->
                keep(record.withStartsFollowed(record.assignment().starts()), false);
            case StandaloneStep.Adopt() -> adopt();
            case StandaloneStep.Change() -> change();
            case StandaloneStep.Kill() -> life.kill();
            case StandaloneStep.RecordExit(Exit ended) -> recordExit(ended);
            case StandaloneStep.Release() -> {
                ports.containers().release(container(record).id());
                observe(container(record).withReleased(true), false);
            }
            case StandaloneStep.Remove() -> remove();
            case StandaloneStep.Forget() -> {
                memory.journal().delete(record.assignment().id());
                memory.forget().accept(this);
            }
            case StandaloneStep.Rest() -> {}
        }
        boolean over = step instanceof StandaloneStep.Forget || step instanceof StandaloneStep.FetchImage;
        return over || step instanceof StandaloneStep.Rest ? StepLoop.Turn.REST : StepLoop.Turn.AGAIN;
    }

    private StandaloneSteps.Seen seen() {
        String imageId = record.assignment().request().imageId();
        ImageState image = record.container() == null ? ports.images().state(imageId) : new ImageState.Here();
        String failure = fetchFailure;
        if (image instanceof ImageState.Absent && failure != null) {
            image = new ImageState.Failed(failure);
        }
        Instant restartAt = record.restartAt();
        return new StandaloneSteps.Seen(
                image,
                refused != null,
                changesFollowed < record.index(),
                life.watched(),
                life.exit(),
                life.graceOver(),
                life.killed(),
                restartAt != null && !restartAt.isAfter(now()));
    }

    @Override
    public void held(IOException reason, Duration retry) {
        LOG.warnf(
                "container %s waits %d s for its next try: %s",
                record.assignment().id(), retry.toSeconds(), reason.getMessage());
        ContainerRecord container = record.container();
        if (container != null && !container.error().equals(reason.getMessage())) {
            record = record.contained(container.withError(String.valueOf(reason.getMessage())));
            life.report();
        }
    }

    /** Answers those who wait for what has been done, or can't be. */
    @Override
    public void rested(@Nullable IOException failure) {
        Instant restartAt = record.restartAt();
        if (restartAt != null && !record.startOrdered()) {
            Duration left = Duration.between(now(), restartAt);
            ports.later(left.isNegative() ? Duration.ofMillis(1) : left.plusMillis(1), this::converge);
        }
        if (waits.isEmpty()) {
            return;
        }
        Exception stopped = failure != null ? failure : refused;
        if (record.removed() && record.startOrdered()) {
            stopped = noSuchContainer();
        }
        Exception reason = stopped;
        boolean made = record.container() != null || record.removed();
        if (reason != null || made && !record.startOrdered()) {
            waits.answer(record.index(), index -> reason == null && index <= startFailedAt ? startFailure : reason);
        }
        if (wanted.isClosed()) {
            waits.answer(Long.MAX_VALUE, index -> noSuchContainer());
        }
    }

    private ActionRefused noSuchContainer() {
        return new ActionRefused(
                Reason.NOT_FOUND, "No such container: " + record.assignment().id());
    }

    private void fetch(String imageId) {
        String image = record.assignment().request().config().image();
        ports.images()
                .fetch(
                        new ImageInventory.Need(
                                imageId,
                                image == null ? imageId : image,
                                record.assignment().imageHolders(),
                                null),
                        (fetchedId, failure) -> {
                            fetchFailure = failure;
                            converge();
                        });
    }

    private void create() throws IOException {
        RunContainer assignment = record.assignment();
        String imageId = assignment.request().imageId();
        Optional<StoredImage> image =
                imageId == null ? Optional.empty() : ports.images().find(imageId);
        if (image.isEmpty()) {
            // removed since it was seen: look again
            return;
        }
        try {
            ContainerRecord container =
                    ports.containers().create(assignment.request(), assignment.id(), image.get(), now());
            changesFollowed = record.index();
            keep(record.contained(container), false);
        } catch (PlanRefused | LogRefused | ImageRefused e) {
            ports.containers().remove(assignment.id(), true);
            refused = new StartRefused(String.valueOf(e.getMessage()), e);
            return;
        }
        life.report();
        life.event("create", Map.of());
    }

    private void start(boolean ordered) throws IOException {
        ContainerRecord fresh = container(record)
                .withStartAttempted(true)
                .withProcess(null)
                .withExit(null)
                .withStopRequestedAt(null)
                .withReleased(false)
                .withRestarting(false)
                .withError("")
                .withRestartCount(ordered ? 0 : container(record).restartCount());
        StandaloneRecord starting = record.withStartsFollowed(
                        record.assignment().starts())
                .withStartWanted(false)
                .withStoppedByUser(false)
                .withRestartAt(null)
                .withBackoffMs(ordered ? 0 : record.backoffMs());
        startFailure = null;
        try {
            ContainerRecord connected = ports.containers().connect(fresh);
            keep(starting.contained(connected), false);
            observe(life.start(connected), false);
        } catch (PortTaken | PlanRefused e) {
            startFailed(starting.contained(fresh), new StartRefused(String.valueOf(e.getMessage()), e));
            return;
        } catch (IOException e) {
            startFailed(starting.contained(fresh), e);
            return;
        }
        life.follow();
        life.monitor();
        life.tellStart();
    }

    private void startFailed(StandaloneRecord starting, IOException e) throws IOException {
        int exitCode = e instanceof RuntimeFailure failure ? failure.exitCode() : 128;
        startFailure = e;
        startFailedAt = record.index();
        ports.containers().notStarted(container(starting).id());
        ContainerRecord failed = container(starting)
                .withExit(new Exit(exitCode, false, now(), true))
                .withError(String.valueOf(e.getMessage()));
        boolean autoRemove = Boolean.TRUE.equals(failed.hostConfig().autoRemove());
        // its network too goes with the release that follows
        record = starting.withRemoving(starting.removing() || autoRemove).withRemoveVolumes(autoRemove);
        observe(failed, false);
        life.report();
    }

    private void adopt() throws IOException {
        Optional<RunningProcess> process = life.adopt();
        if (process.isEmpty()) {
            return;
        }
        if (container(record).process() == null) {
            observe(life.started(container(record), process.get()), false);
            life.tellStart();
        }
        life.goOn();
    }

    private void change() throws IOException {
        ContainerRecord before = container(record);
        ContainerRecord next;
        try {
            next = ContainerPlan.updated(before, record.assignment().request());
            if (before.running()
                    && !next.spec().resources().equals(before.spec().resources())) {
                ports.runtime().update(before.id(), next.spec().resources());
            }
        } catch (PlanRefused | RuntimeFailure e) {
            changesFollowed = record.index();
            String by = e instanceof RuntimeFailure ? "Cannot update container " + before.id() + ": " : "";
            refused = new StartRefused(by + e.getMessage(), e);
            return;
        }
        List<String> links = next.hostConfig().links();
        ports.containers().unlink(before, links);
        changesFollowed = record.index();
        if (next.equals(before)) {
            return;
        }
        observe(next, false);
        life.report();
        if (!next.name().equals(before.name())) {
            life.event("rename", Map.of("oldName", "/" + before.name()));
        }
        if (!next.hostConfig().equals(before.hostConfig().withLinks(links))) {
            life.event("update", Map.of());
        }
    }

    private void recordExit(Exit exit) throws IOException {
        ContainerRecord ended = life.ended(exit);
        boolean asked = record.stoppedByUser()
                || record.startWanted()
                || record.toBeRemoved()
                || ended.stopRequestedAt() != null;
        StandaloneRecord next = record;
        if (!asked && RestartRules.restarts(ended, exit)) {
            long backoffMs = RestartRules.backoffMs(record.backoffMs(), ended, exit);
            next = next.withBackoffMs(backoffMs).withRestartAt(now().plusMillis(backoffMs));
            ended = ended.withRestarting(true).withRestartCount(ended.restartCount() + 1);
        } else if (Boolean.TRUE.equals(ended.hostConfig().autoRemove()) && !record.startWanted()) {
            next = next.withRemoving(true).withRemoveVolumes(true);
        }
        record = next;
        observe(ended, false);
        life.tellEnd(exit, false);
    }

    private void remove() throws IOException {
        ContainerRecord last = record.container();
        ports.containers().remove(record.assignment().id(), record.removeVolumes());
        keep(record.withContainer(null).withRemoved(true).withRestartAt(null), false);
        if (last != null) {
            life.tellGone(last);
        } else {
            life.reportGone(record.assignment().id());
        }
        gone.complete(null);
        ports.images().dropUnused();
    }

    @Override
    public void ends(boolean again) throws IOException {
        ContainerRecord container = container(record);
        // what is started after a boot, a lost write could start though its user had stopped it
        boolean durable = !again && RestartRules.restarts(container, Exit.unknown(now()));
        StandaloneRecord next =
                record.withStoppedByUser(!again).withStartWanted(again).withRestartAt(null);
        if (container.restarting()) {
            next = next.contained(container.withRestarting(false));
        }
        keep(next, durable);
        if (container.restarting()) {
            life.report();
        }
        converge();
    }

    /** A user's stop signal is about to be sent: a later agent sends it again. In actions only. */
    void stopping() throws IOException {
        observe(container(record).withStopRequestedAt(now()), false);
    }

    @Override
    public CompletableFuture<Void> remove(boolean force, boolean volumes) {
        return submit(() -> {
                    ContainerRecord container = record.container();
                    if (container == null) {
                        throw noSuchContainer();
                    }
                    if (record.removing()) {
                        throw new ActionRefused(
                                Reason.CONFLICT, "removal of container " + container.id() + " is already in progress");
                    }
                    if (!force) {
                        Containers.requireStopped(container);
                    }
                    keep(record.withRemoving(true).withRemoveVolumes(volumes).withRestartAt(null), false);
                    converge();
                })
                .thenCompose(begun -> gone.copy());
    }

    /** The container as an action or a probe has seen it. */
    @Override
    public void observe(ContainerRecord seen, boolean durable) throws IOException {
        keep(record.contained(seen), durable);
    }

    /** In force whether or not the journal takes it now. */
    private void keep(StandaloneRecord next, boolean durable) throws IOException {
        record = next;
        unjournaled = true;
        memory.journal().write(next, durable);
        unjournaled = false;
    }

    @Override
    public void reportAll() {
        if (record.removed()) {
            life.reportGone(record.assignment().id());
        } else {
            life.report();
        }
    }

    private static ContainerRecord container(StandaloneRecord of) {
        ContainerRecord container = of.container();
        if (container == null) {
            throw new IllegalStateException("container " + of.assignment().id() + " is not made");
        }
        return container;
    }

    private Instant now() {
        return ports.clock().instant();
    }
}
