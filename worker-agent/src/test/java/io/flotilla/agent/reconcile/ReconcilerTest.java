package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.Cluster;
import io.flotilla.agent.LiveBus;
import io.flotilla.agent.container.NodeIdentity;
import io.flotilla.agent.container.Volumes;
import io.flotilla.agent.log.ContainerLogs;
import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.Protocol;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.value.HeldValues;
import io.flotilla.agent.value.ValueFiles;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.assignment.Assignment.HoldValue;
import io.flotilla.bus.assignment.Assignment.Holder;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.HealthConfigBuilder;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.bus.seal.NodeKey;
import io.flotilla.bus.seal.NodeSeal;
import io.flotilla.bus.seal.SealedToNode;
import io.flotilla.bus.seal.UnsealException;
import io.flotilla.bus.topic.BusException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reconciler against a host in memory. */
class ReconcilerTest {
    private static final int NEVER = -1;
    private static final TaskSpec SPEC = TaskSpecBuilder.builder()
            .containerSpec(ContainerSpecBuilder.builder().image("box:latest").build())
            .build();

    private Path folder;
    private FakeHost host;
    private LiveBus bus = new LiveBus();
    private Cluster cluster = new Cluster(bus, "node1");
    private static final NodeKey NODE_KEY = NodeKey.of(new byte[32]);
    private @Nullable Reconciler reconciler;

    @BeforeEach
    void prepare(@TempDir Path temporary) {
        folder = temporary;
        host = new FakeHost(folder);
    }

    @AfterEach
    void close() throws IOException {
        if (reconciler != null) {
            reconciler.close();
        }
        ValueFiles.removeAll(folder.resolve("open-values"));
    }

    private Reconciler start() throws IOException {
        return start(host.new Ports(NEVER, false), bug -> {});
    }

    private Reconciler start(FakeHost.Ports ports, Consumer<Throwable> onBug) throws IOException {
        NodeIdentity node = new NodeIdentity("node1", "host1", "x86_64");
        HeldValues values = HeldValues.open(folder.resolve("values"), NODE_KEY);
        reconciler = new Reconciler(new Reconciler.Parts(
                node,
                folder.resolve("data"),
                bus,
                ports.runtime(),
                ports.images(),
                ReconcilerTest::fetch,
                ReconcilerTest::pull,
                ports.network(),
                new ContainerLogs(InstantSource.system()),
                Volumes.none(),
                values,
                new ValueFiles(values, node, folder.resolve("open-values")),
                InstantSource.system(),
                outbox -> {},
                onBug));
        reconciler.start();
        return reconciler;
    }

    private static ImageInventory.Pulled pull(String reference, @Nullable String registryAuth) throws IOException {
        throw new IOException("manifest for " + reference + " not found");
    }

    private static InputStream fetch(String imageId, Holder from) throws IOException {
        if (from.nodeId().equals("broken")) {
            throw new IOException("connection refused");
        }
        return new ByteArrayInputStream(imageId.getBytes(StandardCharsets.UTF_8));
    }

    private static RunTask task(TaskState desired, PortConfig... ports) {
        return Cluster.task("task1", SPEC, FakeHost.IMAGE, desired, List.of(ports));
    }

    private static PortConfig port(PortConfig.PublishMode mode) {
        return new PortConfig(null, PortConfig.Protocol.TCP, 80L, 8080L, mode);
    }

    private List<TaskState> states() {
        return cluster.statuses("task1").stream().map(TaskStatus::state).toList();
    }

    @Test
    void taskGoesThroughSwarmKitsStatesInOrder() throws Exception {
        start();
        cluster.assign(task(TaskState.RUNNING));
        TaskStatus running = cluster.await("task1", TaskState.RUNNING);
        assertThat(running.message()).isEqualTo("started");
        host.exit(0);
        TaskStatus complete = cluster.await("task1", TaskState.COMPLETE);
        assertThat(complete.message()).isEqualTo("finished");
        assertThat(complete.err()).isNull();
        assertThat(states()).isSorted();
    }

    @Test
    void exitCodeOtherThanZeroIsSaidAsSwarmKitDoes() throws Exception {
        start();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        host.exit(1);
        assertThat(cluster.await("task1", TaskState.FAILED).err()).isEqualTo("task: non-zero exit (1)");
    }

    @Test
    void taskWantedReadyIsPreparedAndWaits() throws Exception {
        start();
        cluster.assign(task(TaskState.READY));
        cluster.await("task1", TaskState.READY);
        assertThat(host.starts()).isZero();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
    }

    /** Whatever call an agent dies in, the next one brings the task to its end, and its process is started at most once. */
    @Test
    void agentKilledAtAnyStepIsResumedByTheNext() throws Exception {
        for (boolean before : new boolean[] {true, false}) {
            boolean crashed = true;
            for (int call = 0; crashed; call++) {
                folder = folder.resolve("run" + call + before);
                host = new FakeHost(folder);
                bus = new LiveBus();
                cluster = new Cluster(bus, "node1");
                crashed = lifeWithCrash(call, before);
            }
        }
    }

    private boolean lifeWithCrash(int call, boolean before) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        FakeHost.Ports ports = host.new Ports(call, before);
        RunTask task = task(TaskState.RUNNING, port(PortConfig.PublishMode.INGRESS));
        Thread life = Thread.ofVirtual().start(() -> {
            try {
                live(ports, bug -> over.countDown(), task);
            } catch (FakeHost.Crash | IOException | AssertionError crash) {
                // the agent is dead, or would not answer the dead one's waits
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
            over.countDown();
        });
        assertThat(over.await(20, TimeUnit.SECONDS)).isTrue();
        life.interrupt();
        life.join();
        if (reconciler != null) {
            reconciler.close();
        }
        if (ports.dead()) {
            start();
            cluster.assign(Cluster.desired(task, TaskState.SHUTDOWN));
            cluster.withdraw(task);
        }
        awaitEmpty();
        assertThat(host.starts()).as("call %d", call).isLessThanOrEqualTo(1);
        assertThat(states()).as("call %d", call).isSorted();
        assertThat(host.published()).isEmpty();
        if (reconciler != null) {
            reconciler.close();
            reconciler = null;
        }
        return ports.dead();
    }

    private void live(FakeHost.Ports ports, Consumer<Throwable> onBug, RunTask task)
            throws IOException, InterruptedException {
        start(ports, onBug);
        cluster.assign(task);
        cluster.await("task1", TaskState.RUNNING);
        cluster.assign(Cluster.desired(task, TaskState.SHUTDOWN));
        cluster.await("task1", TaskState.SHUTDOWN);
        cluster.withdraw(task);
        awaitEmpty();
    }

    private void awaitEmpty() throws InterruptedException {
        Path journal = folder.resolve("data/tasks");
        for (int i = 0; i < 6000; i++) {
            String[] left = journal.toFile().list();
            if (host.empty() && left != null && left.length == 0) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        throw new AssertionError("something is left on the host; calls: " + host.calls());
    }

    @Test
    void runningTaskIsKeptWithoutTheBus() throws Exception {
        start();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        close();
        bus = new LiveBus();
        cluster = new Cluster(bus, "node1");
        bus.outage(new BusException("down", true, null));
        start();
        bus.outage(null);
        cluster.await("task1", TaskState.RUNNING);
        assertThat(host.starts()).isEqualTo(1);
    }

    @Test
    void taskWhoseEndIsFurtherOnInTheTopicIsNotStarted() throws Exception {
        RunTask task = task(TaskState.RUNNING);
        cluster.assign(task);
        cluster.withdraw(task);
        cluster.assign(Cluster.task("task2", SPEC, FakeHost.IMAGE, TaskState.RUNNING, List.of()));
        start();
        cluster.await("task2", TaskState.RUNNING);
        assertThat(states()).isEmpty();
        assertThat(host.starts()).isEqualTo(1);
    }

    @Test
    void everythingIsSaidAgainAfterTheBusWasAway() throws Exception {
        start();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        bus.outage(new BusException("down", true, null));
        host.exit(0);
        assertThat(bus.awaitRefusal(20_000)).isTrue();
        long known = imageReports(cluster).size();
        bus.outage(null);
        cluster.await("task1", TaskState.COMPLETE);
        cluster.await(
                "the images to be reported again",
                here -> imageReports(here).stream().skip(known).toList(),
                report -> true);
        assertThat(host.networkChecks.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    }

    private static List<Report> imageReports(Cluster cluster) {
        return cluster.reports().stream()
                .filter(Report.ImagesHeld.class::isInstance)
                .toList();
    }

    @Test
    void imageOfAnotherNodeIsTakenFromTheFirstThatGivesIt() throws Exception {
        host.loseImage();
        start();
        RunTask task = task(TaskState.RUNNING);
        cluster.assign(withHolders(task, new Holder("broken", "a:1"), new Holder("node2", "b:1")));
        cluster.await("task1", TaskState.RUNNING);
        assertThat(cluster.reports())
                .anyMatch(report -> report instanceof Report.ImagesHeld held
                        && held.imageIds().contains(FakeHost.IMAGE));
    }

    @Test
    void imageNobodyGivesRejectsTheTaskAndSaysWhy() throws Exception {
        host.loseImage();
        start();
        cluster.assign(withHolders(task(TaskState.RUNNING), new Holder("broken", "a:1")));
        assertThat(cluster.await("task1", TaskState.REJECTED).err())
                .isEqualTo("No such image: box:latest (node broken: connection refused; manifest for box:latest not"
                        + " found)");
    }

    private static RunTask withHolders(RunTask task, Holder... holders) {
        return new RunTask(
                task.id(),
                task.name(),
                task.serviceId(),
                task.serviceName(),
                task.serviceLabels(),
                task.slot(),
                task.spec(),
                task.image(),
                List.of(holders),
                task.desiredState(),
                task.ports());
    }

    @Test
    void taskWaitsForItsSecretAndReadsItFromMemoryOnly() throws Exception {
        start();
        cluster.assign(withSecret());
        assertThat(cluster.await("task1", TaskState.PREPARING).err())
                .isEqualTo("waiting for secret secret1 from the managers");
        assertThat(host.starts()).isZero();

        cluster.assign(new HoldValue("secret1", ObjectKind.SECRET, "db", false, sealed("hunter2"), null));
        cluster.await("task1", TaskState.RUNNING);

        Path open = folder.resolve("open-values").resolve(container()).resolve("0");
        assertThat(open).hasContent("hunter2");
        assertThat(Files.getAttribute(open, "unix:uid")).isEqualTo(7);
        assertThat(Files.getPosixFilePermissions(open)).containsExactly(PosixFilePermission.OWNER_READ);
        assertThat(plainIn(folder.resolve("data"))).isEmpty();
        assertThat(plainIn(folder.resolve("values"))).isEmpty();

        host.exit(0);
        cluster.await("task1", TaskState.COMPLETE);
        cluster.withdraw(withSecret());
        awaitEmpty();
        assertThat(open).doesNotExist();
    }

    @Test
    void taskWhoseSecretCanNotBeHadIsRejectedWithTheReason() throws Exception {
        start();
        cluster.assign(new HoldValue("secret1", ObjectKind.SECRET, "db", false, null, "the data key is lost"));
        cluster.assign(withSecret());
        assertThat(cluster.await("task1", TaskState.REJECTED).err()).isEqualTo("the data key is lost");
    }

    private static SealedToNode sealed(String value) throws UnsealException {
        byte[] ephemeral = new byte[32];
        ephemeral[3] = 4;
        return NodeSeal.seal(NODE_KEY.publicKey(), "secret/db", value.getBytes(StandardCharsets.UTF_8), ephemeral);
    }

    private static RunTask withSecret() {
        TaskSpec spec = SPEC.withContainerSpec(Objects.requireNonNull(SPEC.containerSpec())
                .withSecrets(List.of(new ContainerSpec.Secret(
                        new ContainerSpec.Secret.File("password", "7", "8", 0400L), "secret1", "db"))));
        return Cluster.task("task1", spec, FakeHost.IMAGE, TaskState.RUNNING, List.of());
    }

    private String container() throws InterruptedException {
        return cluster.await(
                        "the container is told of",
                        here -> here.reports().stream()
                                .filter(Report.ContainerObserved.class::isInstance)
                                .map(Report.ContainerObserved.class::cast)
                                .toList(),
                        seen -> true)
                .containerId();
    }

    private static List<Path> plainIn(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> {
                        try {
                            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                                    .contains("hunter2");
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .toList();
        }
    }

    @Test
    void imageTheClusterDoesNotHaveRejectsTheTask() throws Exception {
        start();
        cluster.assign(Cluster.task("task1", SPEC, null, TaskState.RUNNING, List.of()));
        assertThat(cluster.await("task1", TaskState.REJECTED).err())
                .isEqualTo("No such image: box:latest (manifest for box:latest not found)");
    }

    @Test
    void taskWhoseAssignmentCanNotBeReadIsRejectedWithTheReason() throws Exception {
        start();
        cluster.assignRaw("task/task1", "{\"Assignment\":\"RunTask\",\"Id\":\"task1\",\"DesiredState\":\"frozen\"}");
        assertThat(cluster.await("task1", TaskState.REJECTED).err())
                .startsWith("this node's version of Flotilla can't read the assignment: ")
                .contains("\"frozen\"");
        cluster.assignRaw("task/task2", "{\"Assignment\":\"RunTask\",\"Id\":\"task2\",\"Name\":\"web.2\"}");
        assertThat(cluster.await("task2", TaskState.REJECTED).err()).contains("Spec");
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
    }

    @Test
    void runningTaskWhoseNextAssignmentCanNotBeReadGoesOnAndSaysSo() throws Exception {
        start();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        cluster.assignRaw("task/task1", "{\"Assignment\":\"RunTask\",\"Id\":");
        cluster.await(
                "the reason to be said",
                here -> here.statuses("task1"),
                status -> status.state() == TaskState.RUNNING
                        && String.valueOf(status.err()).contains("can't read the assignment"));
        cluster.assign(Cluster.desired(task(TaskState.RUNNING), TaskState.SHUTDOWN));
        assertThat(cluster.await("task1", TaskState.SHUTDOWN).err()).isNull();
    }

    @Test
    void nodeSaysWhichOtherAssignmentItCanNotRead() throws Exception {
        Reconciler node = start();
        cluster.assignRaw("volume/v1", "{\"Assignment\":\"MakeVolume\",\"Id\":\"v1\"}");
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        assertThat(node.nodeMessage())
                .startsWith("assignments not followed: volume/v1: ")
                .contains("MakeVolume");
        cluster.withdrawRaw("volume/v1");
        cluster.assign(Cluster.desired(task(TaskState.RUNNING), TaskState.SHUTDOWN));
        cluster.await("task1", TaskState.SHUTDOWN);
        assertThat(node.nodeMessage()).isNull();
    }

    @Test
    void unknownLogDriverRejectsTheTaskAndLeavesNothing() throws Exception {
        start();
        TaskSpec spec = SPEC.withLogDriver(new TaskSpec.LogDriver("splunk", Map.of()));
        cluster.assign(Cluster.task("task1", spec, FakeHost.IMAGE, TaskState.RUNNING, List.of()));
        assertThat(cluster.await("task1", TaskState.REJECTED).err())
                .isEqualTo("logger: no log driver named 'splunk' is registered");
        cluster.withdraw(task(TaskState.RUNNING));
        awaitEmpty();
    }

    @Test
    void commandThatCanNotStartFailsTheTaskWithItsExitCode() throws Exception {
        host.failStarts(new RuntimeFailure("exec: \"serve\": executable file not found in $PATH", 127, false, null));
        start();
        cluster.assign(task(TaskState.RUNNING));
        TaskStatus failed = cluster.await("task1", TaskState.FAILED);
        assertThat(failed.err())
                .isEqualTo("starting container failed: exec: \"serve\": executable file not found in $PATH");
        assertThat(Objects.requireNonNull(failed.containerStatus()).exitCode()).isEqualTo(127);
    }

    @Test
    void hostPortThatIsTakenRejectsTheTask() throws Exception {
        host.takePort(8080);
        start();
        cluster.assign(task(TaskState.RUNNING, port(PortConfig.PublishMode.HOST)));
        assertThat(cluster.await("task1", TaskState.REJECTED).err()).contains("port is already allocated");
    }

    @Test
    void ingressPortThatIsTakenIsSaidWhileTheTaskRuns() throws Exception {
        host.takePort(8080);
        start();
        cluster.assign(task(TaskState.RUNNING, port(PortConfig.PublishMode.INGRESS)));
        cluster.await(
                "the conflict to be said",
                here -> here.statuses("task1"),
                status -> status.state() == TaskState.RUNNING
                        && String.valueOf(status.err()).contains("port is already allocated"));
        host.freePort(8080);
        cluster.assign(Cluster.task(
                "task2", SPEC, FakeHost.IMAGE, TaskState.RUNNING, List.of(port(PortConfig.PublishMode.INGRESS))));
        cluster.await("task2", TaskState.RUNNING);
        cluster.await(
                "the conflict to be over",
                here -> here.statuses("task1").reversed().subList(0, 1),
                status -> status.state() == TaskState.RUNNING && status.err() == null);
    }

    @Test
    void taskIsTakenOutOfWhatIsPublishedBeforeItsStopSignal() throws Exception {
        start();
        RunTask task = task(TaskState.RUNNING, port(PortConfig.PublishMode.INGRESS));
        cluster.assign(task);
        cluster.await("task1", TaskState.RUNNING);
        assertThat(host.published())
                .containsExactly(new IngressPort(Protocol.TCP, 8080, 80, List.of(InetAddress.ofLiteral("172.17.0.2"))));
        cluster.assign(Cluster.desired(task, TaskState.SHUTDOWN));
        cluster.await("task1", TaskState.SHUTDOWN);
        assertThat(host.calls()).containsSubsequence("start", "publish 1", "publish 0", "signal 15");
    }

    @Test
    void taskThatIgnoresItsStopSignalIsKilledAfterItsGrace() throws Exception {
        host.ignoreStopSignal();
        start();
        TaskSpec spec = SPEC.withContainerSpec(ContainerSpecBuilder.builder()
                .image("box:latest")
                .stopSignal("SIGINT")
                .stopGracePeriod(1_000_000L)
                .build());
        RunTask task = Cluster.task("task1", spec, FakeHost.IMAGE, TaskState.RUNNING, List.of());
        cluster.assign(task);
        cluster.await("task1", TaskState.RUNNING);
        cluster.assign(Cluster.desired(task, TaskState.SHUTDOWN));
        TaskStatus ended = cluster.await("task1", TaskState.SHUTDOWN);
        assertThat(Objects.requireNonNull(ended.containerStatus()).exitCode()).isEqualTo(137);
        assertThat(host.calls()).containsSubsequence("signal 2", "signal 9");
    }

    /** @param retries probes in a row that have to fail */
    private static RunTask probed(long retries) {
        TaskSpec spec = SPEC.withContainerSpec(ContainerSpecBuilder.builder()
                .image("box:latest")
                .healthCheck(HealthConfigBuilder.builder()
                        .test(List.of("CMD", "probe"))
                        .interval(2_000_000L)
                        .retries(retries)
                        .build())
                .build());
        return Cluster.task("task1", spec, FakeHost.IMAGE, TaskState.RUNNING, List.of());
    }

    @Test
    void taskWithAHealthCheckRunsOnceItIsHealthy() throws Exception {
        host.probes(1, "not yet");
        start();
        cluster.assign(probed(Integer.MAX_VALUE));
        assertThat(cluster.await("task1", TaskState.STARTING).message()).isEqualTo("starting");
        cluster.await("a probe", here -> host.calls(), "exec [probe]"::equals);
        assertThat(states()).doesNotContain(TaskState.RUNNING);

        host.probes(0, "fine");
        assertThat(cluster.await("task1", TaskState.RUNNING).message()).isEqualTo("started");
    }

    @Test
    void taskThatNeverGetsHealthyFailsBeforeItRuns() throws Exception {
        host.probes(1, "bad");
        start();
        cluster.assign(probed(1));
        assertThat(cluster.await("task1", TaskState.FAILED).err())
                .isEqualTo("task: non-zero exit (143): dockerexec: unhealthy container");
        assertThat(states()).doesNotContain(TaskState.RUNNING);
    }

    @Test
    void runningTaskThatGetsUnhealthyFails() throws Exception {
        host.probes(0, "fine");
        start();
        cluster.assign(probed(2));
        cluster.await("task1", TaskState.RUNNING);
        host.probes(1, "bad");
        assertThat(cluster.await("task1", TaskState.FAILED).err())
                .isEqualTo("task: non-zero exit (143): dockerexec: unhealthy container");
        cluster.await(
                "the reason to be told", Cluster::events, event -> "health_status: unhealthy".equals(event.action()));
    }

    @Test
    void unhealthyTaskThatEndsWellWhenItIsStoppedHasFailed() throws Exception {
        host.probes(1, "bad");
        host.ignoreStopSignal();
        start();
        cluster.assign(probed(1));
        cluster.await("its stop signal", here -> host.calls(), "signal 15"::equals);
        host.exit(0);
        assertThat(cluster.await("task1", TaskState.FAILED).err()).isEqualTo("dockerexec: unhealthy container");
    }

    @Test
    void removedImageStaysWhileAContainerUsesIt() throws Exception {
        start();
        RunTask task = task(TaskState.RUNNING);
        cluster.assign(task);
        cluster.await("task1", TaskState.RUNNING);
        cluster.assign(new Assignment.DropImage(FakeHost.IMAGE));
        cluster.withdraw(task);
        cluster.await(
                "the image to be gone",
                here -> here.reports(),
                report -> report instanceof Report.ImagesHeld held
                        && held.imageIds().isEmpty());
        assertThat(states()).contains(TaskState.SHUTDOWN);
    }

    @Test
    void actionsOnContainersAreRefusedInDockersWords() throws Exception {
        Containers containers = start().containers();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        String id = containers.find("web.1.task1").id();

        assertThatThrownBy(() -> containers.find("nobody")).hasMessage("No such container: nobody");
        assertThatThrownBy(() -> containers.remove("web.1.task1", false, false).join())
                .hasMessage("cannot remove container \"/web.1.task1\": container is running: stop the container"
                        + " before removing or force remove");
        containers.stop("web.1.task1", 0, null).get(20, TimeUnit.SECONDS);
        assertThat(cluster.await("task1", TaskState.FAILED).err()).isEqualTo("task: non-zero exit (143)");
        AtomicReference<Throwable> refused = new AtomicReference<>();
        containers
                .signal("web.1.task1", 9)
                .handle((done, failure) -> {
                    refused.set(failure);
                    return "";
                })
                .get(20, TimeUnit.SECONDS);
        assertThat(refused.get())
                .hasRootCauseMessage("cannot kill container: web.1.task1: container " + id + " is not running");
        containers.remove("web.1.task1", false, false).get(20, TimeUnit.SECONDS);
        assertThatThrownBy(() -> containers.find(id)).hasMessage("No such container: " + id);
        assertThat(cluster.statuses("task1").getLast().state()).isEqualTo(TaskState.FAILED);
    }

    @Test
    void forcedRemovalOfARunningContainerFailsItsTaskFirst() throws Exception {
        AtomicReference<@Nullable Throwable> bug = new AtomicReference<>();
        Containers containers = start(host.new Ports(NEVER, false), bug::set).containers();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);

        containers.remove("web.1.task1", true, false).get(20, TimeUnit.SECONDS);

        assertThat(cluster.await("task1", TaskState.FAILED).err()).isEqualTo("task: non-zero exit (137)");
        assertThatThrownBy(() -> containers.find("web.1.task1")).hasMessage("No such container: web.1.task1");
        assertThat(bug.get()).isNull();
    }
}
