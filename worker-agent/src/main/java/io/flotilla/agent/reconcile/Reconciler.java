package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.NodeIdentity;
import io.flotilla.agent.container.RootHolds;
import io.flotilla.agent.container.Volumes;
import io.flotilla.agent.csi.ClusterVolumes;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.log.ContainerLogs;
import io.flotilla.agent.network.ContainerNetwork;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.stream.ContainerStreams;
import io.flotilla.agent.value.HeldValues;
import io.flotilla.agent.value.ValueFiles;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.Topic;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Makes the node as its assignments want it: one {@link Worker} a container over a bounded pool of platform threads. Begins
 * with the journal, so that containers are kept from the first moment and without the bus, then follows the assignments.
 */
public final class Reconciler implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Reconciler.class);
    private static final int ID_BYTES = 32;
    private static final int FETCHERS = 2;
    private static final Duration AUDIT_INTERVAL = Duration.ofSeconds(30);
    private static final Duration USAGE_INTERVAL = Duration.ofSeconds(5);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private final Parts parts;
    private final Outbox outbox;
    private final ContainerStreams streams;
    private final RootHolds rootHolds = new RootHolds();
    private final ContainerSteps containerSteps;
    private final ImageInventory images;
    private final IngressPublisher ingress;
    private final UnreadAssignments unread;
    private final WorkerPorts.Memory<TaskRecord, TaskWorker> taskMemory;
    private final WorkerPorts.Memory<StandaloneRecord, ContainerWorker> containerMemory;
    private final ExecutorService pool;
    private final ExecutorService fetchers;
    private final ScheduledExecutorService timer;
    private final WorkerPorts workerPorts;
    private final Map<String, TaskWorker> workers = new ConcurrentHashMap<>();
    private final Map<String, ContainerWorker> containerWorkers = new ConcurrentHashMap<>();
    private volatile boolean booted;
    private final Containers containers;
    private Bus.@Nullable Subscription subscription;

    /**
     * What the reconciler drives and stands on.
     *
     * @param dataDir survives a reboot
     * @param describe puts into the outbox what the node is, for a full report
     * @param onBug told of what should never happen; nothing is certain after it
     */
    public record Parts(
            NodeIdentity node,
            Path dataDir,
            Bus bus,
            ContainerRuntime runtime,
            ImageStore images,
            ImageInventory.Peers peers,
            ImageInventory.Registries registries,
            ContainerNetwork network,
            ContainerLogs logs,
            Volumes volumes,
            HeldValues values,
            ValueFiles valueFiles,
            ClusterVolumes clusterVolumes,
            InstantSource clock,
            Consumer<Outbox> describe,
            Consumer<Throwable> onBug) {}

    public Reconciler(Parts parts) throws IOException {
        this.parts = parts;
        this.taskMemory = new WorkerPorts.Memory<>(
                new Journal<>(parts.dataDir().resolve("tasks"), TaskRecord.class, task -> task.assignment()
                        .id()),
                this::forget);
        this.containerMemory = new WorkerPorts.Memory<>(
                new Journal<>(parts.dataDir().resolve("standalone"), StandaloneRecord.class, container -> container
                        .assignment()
                        .id()),
                this::forget);
        this.outbox = new Outbox(parts.node().id(), parts.bus(), this::busIsBack);
        ContainerEvents events = new ContainerEvents(parts.node());
        int threads = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
        this.pool = Executors.newFixedThreadPool(threads, threads("agent-task-"));
        this.fetchers = Executors.newFixedThreadPool(FETCHERS, threads("agent-fetch-"));
        this.timer = Executors.newSingleThreadScheduledExecutor(threads("agent-timer-"));
        Path containersFolder = Files.createDirectories(parts.dataDir().resolve("containers"));
        this.streams = new ContainerStreams(parts.runtime());
        this.containerSteps = new ContainerSteps(
                parts.runtime(),
                parts.images(),
                parts.network(),
                parts.logs(),
                streams,
                rootHolds,
                parts.volumes(),
                parts.valueFiles(),
                reference -> lookUp(reference),
                parts.node(),
                containersFolder);
        this.images = new ImageInventory(
                parts.node().id(),
                parts.images(),
                parts.peers(),
                parts.registries(),
                outbox,
                events,
                parts.clock(),
                fetchers);
        this.ingress = new IngressPublisher(parts.network(), this::records, this::convergeAll);
        this.unread = new UnreadAssignments(parts.node(), outbox, parts.clock());
        this.workerPorts = new WorkerPorts(
                parts.node(),
                parts.runtime(),
                containerSteps,
                images,
                parts.values(),
                parts.valueFiles(),
                parts.clusterVolumes(),
                outbox,
                events,
                parts.clock(),
                pool,
                timer,
                Reconciler::newContainerId);
        this.containers = new Containers(
                parts.runtime(),
                this::allWorkers,
                (container, index) -> take(new ContainerWorker.Order(container, false), index));
    }

    private ThreadFactory threads(String name) {
        return Thread.ofPlatform()
                .name(name, 1)
                .daemon()
                .uncaughtExceptionHandler((thread, bug) -> parts.onBug().accept(bug))
                .factory();
    }

    /** Takes over what earlier agent processes left, removes what nobody knows, and follows the assignments. */
    public void start() throws IOException {
        booted = Boot.passed(parts.dataDir().resolve("boot"));
        parts.clusterVolumes().start(new TaskVolumes(outbox, workers.values()));
        for (TaskRecord task : read(taskMemory.journal())) {
            workers.put(task.assignment().id(), new TaskWorker(workerPorts, taskMemory, ingress, task.readBack()));
        }
        for (StandaloneRecord each : read(containerMemory.journal())) {
            ContainerWorker worker = new ContainerWorker(workerPorts, containerMemory, each.readBack());
            if (booted) {
                worker.booted();
            }
            containerWorkers.put(each.assignment().id(), worker);
        }
        parts.volumes().adopt(containers.all());
        TaskVolumes.adopt(parts.clusterVolumes(), records());
        removeOrphans();
        parts.values()
                .keepOnly(ValueFiles.needed(records().stream()
                        .filter(task -> !task.terminal())
                        .map(TaskRecord::assignment)
                        .toList()));
        ingress.sync();
        outbox.start();
        parts.clusterVolumes().begin();
        reportAll();
        convergeAll();
        int partition = Topic.ASSIGNMENTS.partitionOf(parts.node().id());
        subscription = parts.bus()
                .subscribe(
                        Topic.ASSIGNMENTS,
                        Map.of(partition, new Bus.Position.Beginning()),
                        new AssignmentReader(parts.node().id(), new Assignments(), outbox::interrupted, parts.onBug()));
        var audits = timer.scheduleWithFixedDelay(
                () -> pool.execute(this::audit),
                AUDIT_INTERVAL.toSeconds(),
                AUDIT_INTERVAL.toSeconds(),
                TimeUnit.SECONDS);
        UsageReports usage = new UsageReports(parts.node().id(), parts.runtime(), parts.network(), outbox);
        var usages = timer.scheduleWithFixedDelay(
                () -> pool.execute(() -> usage.report(records())),
                USAGE_INTERVAL.toSeconds(),
                USAGE_INTERVAL.toSeconds(),
                TimeUnit.SECONDS);
        if (audits.isDone() || usages.isDone()) {
            throw new IllegalStateException("the audit was not scheduled");
        }
    }

    private static <T> List<T> read(Journal<T> journal) throws IOException {
        Journal.Contents<T> contents = journal.read();
        contents.unreadable().forEach(file -> LOG.errorf("a journal was damaged and is kept as %s", file));
        return contents.records();
    }

    private List<Worker> allWorkers() {
        List<Worker> all = new ArrayList<>(workers.values());
        all.addAll(containerWorkers.values());
        return all;
    }

    private Optional<ContainerRecord> lookUp(String reference) {
        return containers.lookUp(reference);
    }

    private void take(Assignment.RunTask task, long index) {
        TaskWorker fresh = new TaskWorker(
                workerPorts,
                taskMemory,
                ingress,
                TaskRecord.assigned(task, index, parts.clock().instant()));
        TaskWorker worker = Objects.requireNonNull(
                workers.compute(task.id(), (id, known) -> known != null && known.want(task, index) ? known : fresh));
        if (worker == fresh) {
            fresh.converge();
        }
    }

    private ContainerWorker take(ContainerWorker.Order order, long index) {
        Assignment.RunContainer container = order.assignment();
        ContainerWorker fresh = new ContainerWorker(
                workerPorts, containerMemory, StandaloneRecord.assigned(container, index, order.old()));
        ContainerWorker worker = Objects.requireNonNull(containerWorkers.compute(
                container.id(), (id, known) -> known != null && known.want(order, index) ? known : fresh));
        if (worker == fresh) {
            fresh.converge();
        }
        return worker;
    }

    /** Only that worker: another may have the task by now. */
    private void forget(TaskWorker worker) {
        Wanted.Wish<Assignment.RunTask> later = worker.close();
        workers.remove(worker.taskId(), worker);
        if (later != null && later.assignment() != null) {
            take(later.assignment(), later.index());
        }
    }

    private void forget(ContainerWorker worker) {
        Wanted.Wish<ContainerWorker.Order> later = worker.close();
        containerWorkers.remove(worker.record().assignment().id(), worker);
        if (later != null && later.assignment() != null) {
            take(later.assignment(), later.index());
        }
    }

    public Outbox outbox() {
        return outbox;
    }

    /** Who writes to a container's root from outside. */
    public RootHolds rootHolds() {
        return rootHolds;
    }

    public ContainerStreams streams() {
        return streams;
    }

    public Containers containers() {
        return containers;
    }

    public ImageInventory images() {
        return images;
    }

    /** What keeps the node as a whole from following its assignments; null when nothing does. */
    public @Nullable String nodeMessage() {
        return unread.nodeMessage();
    }

    private final class Assignments implements AssignmentReader.Taker {
        @Override
        public void take(Assignment assignment, long index, boolean backlog) {
            readable(
                    switch (assignment) {
                        case Assignment.RunTask task -> "task";
                        case Assignment.RunContainer container -> "container";
                        case Assignment.DropImage image -> "image";
                        case Assignment.HoldValue value -> value.kind().jsonName();
                        case Assignment.PublishVolume _ -> Assignment.PublishVolume.KIND;
                        case Assignment.ControlVolume _ -> Assignment.ControlVolume.KIND;
                    },
                    assignment.id());
            switch (assignment) {
                case Assignment.RunTask task -> Reconciler.this.take(task, index);
                case Assignment.RunContainer container ->
                    Reconciler.this.take(new ContainerWorker.Order(container, booted && backlog), index);
                case Assignment.HoldValue value -> hold(value);
                case Assignment.PublishVolume volume -> parts.clusterVolumes().take(volume);
                case Assignment.ControlVolume call -> parts.clusterVolumes().take(call);
                case Assignment.DropImage image -> pool.execute(() -> images.drop(image.id()));
            }
        }

        /** Here, not on the pool: the assignments of the tasks that need it come next. */
        private void hold(Assignment.HoldValue value) {
            try {
                parts.values().take(value);
                workers.values().forEach(TaskWorker::converge);
            } catch (IOException e) {
                refuse(value.kind().jsonName(), value.id(), "it can't be kept: " + e.getMessage());
            }
        }

        private void drop(ObjectKind kind, String id) {
            try {
                parts.values().drop(kind, id);
            } catch (IOException e) {
                LOG.warnf("%s %s, which was taken back, is still kept: %s", kind.jsonName(), id, e.getMessage());
            }
        }

        @Override
        public void caughtUp() {
            parts.clusterVolumes().withdrawUnassigned();
        }

        @Override
        public void withdraw(String kind, String id, long index) {
            readable(kind, id);
            if (kind.equals("image")) {
                images.keep(id);
                return;
            }
            if (kind.equals(ObjectKind.SECRET.jsonName())) {
                drop(ObjectKind.SECRET, id);
                return;
            }
            if (kind.equals(ObjectKind.CONFIG.jsonName())) {
                drop(ObjectKind.CONFIG, id);
                return;
            }
            if (kind.equals(Assignment.PublishVolume.KIND)) {
                parts.clusterVolumes().withdrawVolume(id);
                return;
            }
            if (kind.equals(Assignment.ControlVolume.KIND)) {
                parts.clusterVolumes().withdrawCall(id);
                return;
            }
            ContainerWorker container = containerWorkers.get(id);
            if (kind.equals("container") && container != null) {
                container.want(null, index);
            }
            TaskWorker worker = workers.get(id);
            if (kind.equals("task") && worker != null) {
                worker.want(null, index);
            }
        }

        @Override
        public void refuse(String kind, String id, String reason) {
            LOG.errorf("the assignment %s/%s is not followed: %s", kind, id, reason);
            TaskWorker worker = workers.get(id);
            if (!kind.equals("task")) {
                unread.addOther(kind + "/" + id, reason);
                parts.describe().accept(outbox);
            } else if (worker == null) {
                unread.addTask(id, reason);
            } else {
                worker.misread(reason);
            }
        }

        private void readable(String kind, String id) {
            if (unread.remove(kind, id)) {
                parts.describe().accept(outbox);
            }
        }
    }

    /** Kernel objects and folders of containers nobody has: of a journal that was lost, or a removal cut off. */
    private void removeOrphans() throws IOException {
        Set<String> wanted = new TreeSet<>();
        for (TaskRecord task : records()) {
            ContainerRecord container = task.container();
            if (task.containerId() != null) {
                wanted.add(task.containerId());
            }
            if (container != null) {
                wanted.add(container.id());
            }
        }
        for (ContainerWorker worker : containerWorkers.values()) {
            if (!worker.record().removed()) {
                wanted.add(worker.record().assignment().id());
            }
        }
        Set<String> known = new TreeSet<>(parts.runtime().known());
        known.addAll(parts.images().snapshots());
        known.addAll(parts.valueFiles().known());
        try (DirectoryStream<Path> folders =
                Files.newDirectoryStream(parts.dataDir().resolve("containers"))) {
            folders.forEach(folder -> known.add(String.valueOf(folder.getFileName())));
        }
        known.removeAll(wanted);
        for (String containerId : known) {
            LOG.infof("removing container %s, which nobody wants", containerId);
            containerSteps.remove(containerId, true);
        }
    }

    private List<TaskRecord> records() {
        return workers.values().stream().map(TaskWorker::record).toList();
    }

    private void convergeAll() {
        allWorkers().forEach(Worker::converge);
    }

    /** What no event may have told of: a drifted network, a port that is free again, an image no one uses any more. */
    private void audit() {
        repairNetwork();
        if (ingress.needsRetry()) {
            ingress.sync();
        }
        images.dropUnused();
    }

    /** Brings back what someone else took from the kernel, such as a flushed ruleset; cheap when nothing is missing. */
    private void repairNetwork() {
        try {
            parts.network().open();
        } catch (IOException e) {
            LOG.warnf("the network could not be checked, which is tried again: %s", e.getMessage());
        }
    }

    private void busIsBack() {
        pool.execute(this::repairNetwork);
        reportAll();
    }

    /** Puts all that the node knows into the outbox. */
    private void reportAll() {
        parts.describe().accept(outbox);
        images.reportAll();
        unread.reportAll();
        parts.clusterVolumes().reportAll();
        allWorkers().forEach(Worker::reportAll);
    }

    private static final SecureRandom RANDOM = new SecureRandom();

    private static String newContainerId() {
        byte[] bytes = new byte[ID_BYTES];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Ends all activity; containers go on. */
    @Override
    public void close() {
        Bus.Subscription following = subscription;
        if (following != null) {
            following.close();
        }
        parts.clusterVolumes().close();
        // before the pool, which it hands work to; what is said after it is said again by the next start
        outbox.close();
        timer.shutdownNow();
        fetchers.shutdownNow();
        pool.shutdown();
        try {
            if (!pool.awaitTermination(CLOSE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                LOG.warnf("steps under way did not end within %d s", CLOSE_TIMEOUT.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
