package io.flotilla.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.image.ImageLimits;
import io.flotilla.agent.image.LocalImageStore;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.nodeapi.GrpcPeers;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.assignment.Assignment.Holder;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.rpc.LogFrames;
import io.flotilla.bus.rpc.LogsRequest;
import io.flotilla.bus.rpc.NodeServiceGrpc;
import io.flotilla.bus.rpc.SignalRequest;
import io.flotilla.bus.rpc.StatsRequest;
import io.flotilla.bus.rpc.TopRequest;
import io.flotilla.bus.schema.ContainerInspectResponse;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.ContainerStatsResponse;
import io.flotilla.bus.schema.ContainerTopResponse;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Assignments become processes of this kernel and back: the real runtime, images and network; needs root and busybox-static. */
class AgentKernelTest {
    private LiveAgent node;
    private LiveBus bus;
    private Cluster cluster;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        node = new LiveAgent("agtest", folder);
        bus = node.bus;
        cluster = node.cluster;
    }

    @AfterEach
    void removeEverything() throws IOException {
        node.close();
    }

    private static TaskSpec shell(String script) {
        return TaskSpecBuilder.builder()
                .containerSpec(ContainerSpecBuilder.builder()
                        .image("box:latest")
                        .command(List.of("/bin/sh", "-c", script))
                        .stopGracePeriod(TimeUnit.SECONDS.toNanos(1))
                        .build())
                .build();
    }

    private RunTask run(String id, String script, PortConfig... ports) {
        RunTask task = Cluster.task(id, shell(script), node.image, TaskState.RUNNING, List.of(ports));
        cluster.assign(task);
        return task;
    }

    private Iterator<LogFrames> logMessages(String containerId, boolean follow) {
        return NodeServiceGrpc.newBlockingStub(node.channel())
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .logs(LogsRequest.newBuilder()
                        .setContainerId(containerId)
                        .setStdout(true)
                        .setStderr(true)
                        .setTail(-1)
                        .setFollow(follow)
                        .build());
    }

    private List<String> logs(String containerId, boolean follow) {
        List<String> lines = new ArrayList<>();
        logMessages(containerId, follow).forEachRemaining(message -> message.getFramesList()
                .forEach(frame -> lines.add(frame.getLine().toStringUtf8())));
        return lines;
    }

    private static String containerId(TaskStatus status) {
        return Objects.requireNonNull(
                Objects.requireNonNull(status.containerStatus()).containerId());
    }

    private static long pid(TaskStatus status) {
        return Objects.requireNonNull(
                Objects.requireNonNull(status.containerStatus()).pid());
    }

    /** The journal lets go of a task in the step after the one that is told. */
    private static void awaitEmpty(Path folder) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (Objects.requireNonNull(folder.toFile().list()).length > 0) {
            assertThat(System.nanoTime()).as("%s is not emptied", folder).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    @Test
    void taskRunsToItsEndAndItsOutputStaysUntilItIsRemoved() throws Exception {
        RunTask task = run("task1", "echo hello; hostname; exit 3");
        TaskStatus failed = cluster.await("task1", TaskState.FAILED);

        assertThat(failed.err()).isEqualTo("task: non-zero exit (3)");
        assertThat(Objects.requireNonNull(failed.containerStatus()).exitCode()).isEqualTo(3);
        String id = containerId(failed);
        assertThat(logs(id, false)).containsExactly("hello\n", id.substring(0, 12) + "\n");

        cluster.withdraw(task);
        cluster.await(
                "the container to be gone",
                here -> here.reports(),
                report -> report instanceof Report.ContainerGone gone
                        && gone.containerId().equals(id));
        cluster.await("its end to be told", Cluster::events, event -> "destroy".equals(event.action()));
        assertThat(cluster.events().stream().map(EventMessage::action))
                .containsSubsequence("load", "create", "start", "die", "destroy");
        assertThat(node.instance.dataDir().resolve("containers").toFile().list())
                .isEmpty();
        awaitEmpty(node.instance.dataDir().resolve("tasks"));
    }

    @Test
    void linesWithLargeAttributesComeInMessagesOfABoundedSize() throws Exception {
        TaskSpec plain = shell("seq 1000");
        TaskSpec labelled = plain.withLogDriver(new TaskSpec.LogDriver("json-file", Map.of("labels", "big")))
                .withContainerSpec(
                        Objects.requireNonNull(plain.containerSpec()).withLabels(Map.of("big", "x".repeat(8_000))));
        cluster.assign(Cluster.task("task1", labelled, node.image, TaskState.RUNNING, List.of()));
        String id = containerId(cluster.await("task1", TaskState.COMPLETE));

        List<LogFrames> messages = new ArrayList<>();
        logMessages(id, false).forEachRemaining(messages::add);

        assertThat(messages.stream().mapToInt(LogFrames::getFramesCount).sum()).isEqualTo(1000);
        assertThat(messages)
                .allSatisfy(message -> assertThat(message.getSerializedSize()).isLessThan(64 << 10));
    }

    @Test
    void stopSignalEndsATaskThatIsNotWantedAnyMore() throws Exception {
        RunTask task = run("task1", "trap 'echo bye; exit 0' TERM; echo ready; while true; do sleep 0.1; done");
        String id = containerId(cluster.await("task1", TaskState.RUNNING));
        cluster.assign(task.withDesiredState(TaskState.SHUTDOWN));

        assertThat(logs(id, true)).endsWith("bye\n");
        TaskStatus ended = cluster.await("task1", TaskState.SHUTDOWN);
        assertThat(Objects.requireNonNull(ended.containerStatus()).exitCode()).isZero();
        ContainerInspectResponse inspect = Objects.requireNonNull(cluster.container("task1"));
        assertThat(Objects.requireNonNull(inspect.state()).status()).isEqualTo("exited");
    }

    @Test
    void publishedPortsReachTheContainerWhileItRuns() throws Exception {
        int ingress = freePort();
        int host = freePort();
        RunTask task = run(
                "task1",
                "echo page > /www/index.html; exec httpd -f -p 80 -h /www",
                port(ingress, PortConfig.PublishMode.INGRESS),
                port(host, PortConfig.PublishMode.HOST));
        TaskStatus running = cluster.await("task1", TaskState.RUNNING);

        assertThat(fetch(ingress)).isEqualTo("page\n");
        assertThat(fetch(host)).isEqualTo("page\n");
        assertThat(Objects.requireNonNull(running.portStatus()).ports())
                .extracting(PortConfig::publishedPort)
                .containsExactly((long) host);
        cluster.assign(task.withDesiredState(TaskState.SHUTDOWN));
        cluster.await("task1", TaskState.SHUTDOWN);
        RunTask next = run("task2", "exec sleep 1000", port(host, PortConfig.PublishMode.HOST));
        cluster.await(next.id(), TaskState.RUNNING);
    }

    @Test
    void restartedAgentKeepsItsContainersAndTheirLogs() throws Exception {
        run("task1", "echo first; trap 'echo last; exit 7' USR1; while true; do sleep 0.1; done");
        TaskStatus before = cluster.await("task1", TaskState.RUNNING);
        String id = containerId(before);
        node.stop();
        int known = bus.published().size();
        node.start();

        cluster.await(
                "the task to be reported again",
                here -> here.statuses("task1"),
                status -> bus.published().size() > known
                        && status.state() == TaskState.RUNNING
                        && pid(status) == pid(before));
        assertThat(Path.of("/proc/" + pid(before))).exists();
        NodeServiceGrpc.newBlockingStub(node.channel())
                .signal(SignalRequest.newBuilder()
                        .setContainerId(id)
                        .setSignal("USR1")
                        .build());
        TaskStatus ended = cluster.await("task1", TaskState.FAILED);
        assertThat(Objects.requireNonNull(ended.containerStatus()).exitCode()).isEqualTo(7);
        assertThat(logs(id, true)).containsExactly("first\n", "last\n");
    }

    @Test
    void commandThatIsNotThereFailsTheTaskWithDockersExitCode() throws Exception {
        TaskSpec spec = TaskSpecBuilder.builder()
                .containerSpec(ContainerSpecBuilder.builder()
                        .image("box:latest")
                        .command(List.of("nothing-like-this"))
                        .build())
                .build();
        cluster.assign(Cluster.task("task1", spec, node.image, TaskState.RUNNING, List.of()));
        TaskStatus failed = cluster.await("task1", TaskState.FAILED);
        assertThat(failed.err()).contains("nothing-like-this").contains("executable file not found");
        assertThat(Objects.requireNonNull(failed.containerStatus()).exitCode()).isEqualTo(127);
    }

    @Test
    void runningContainerTellsItsProcessesAndCounters() throws Exception {
        run("task1", "exec sleep 1000");
        TaskStatus running = cluster.await("task1", TaskState.RUNNING);
        var service = NodeServiceGrpc.newBlockingStub(node.channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
        ContainerTopResponse top = Codec.JSON.decode(
                service.top(TopRequest.newBuilder()
                                .setContainerId(containerId(running))
                                .build())
                        .getJson()
                        .toByteArray(),
                ContainerTopResponse.class);
        assertThat(top.titles()).containsExactly("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD");
        assertThat(top.processes()).hasSize(1);
        assertThat(top.processes().getFirst()).contains(Long.toString(pid(running)), "sleep 1000");
        ContainerStatsResponse stats = Codec.JSON.decode(
                service.stats(StatsRequest.newBuilder()
                                .setContainerId("web.1.task1")
                                .setOneShot(true)
                                .build())
                        .next()
                        .getJson()
                        .toByteArray(),
                ContainerStatsResponse.class);
        assertThat(Objects.requireNonNull(stats.pidsStats()).current()).isEqualTo(1);
        assertThat(stats.networks()).containsKey("eth0");
    }

    @Test
    void removedImageGoesWhenItsLastContainerHas() throws Exception {
        RunTask task = run("task1", "exec sleep 1000");
        cluster.await("task1", TaskState.RUNNING);
        Assignment drop = new Assignment.DropImage(node.image);
        cluster.assign(drop);
        cluster.assign(task.withDesiredState(TaskState.REMOVE));
        cluster.await(
                "no image to be held",
                here -> here.reports(),
                report -> report instanceof Report.ImagesHeld held
                        && held.imageIds().isEmpty()
                        && here(task).contains(TaskState.SHUTDOWN));
    }

    @Test
    void imageIsTakenFromAnotherNode(@TempDir Path other) throws Exception {
        GrpcPeers peers = new GrpcPeers(
                address -> NettyChannelBuilder.forTarget(address).usePlaintext().build());
        Holder holder = new Holder(LiveAgent.NODE, node.address());

        try (LocalImageStore store = new LocalImageStore(other.resolve("images"), ImageLimits.defaults())) {
            try (InputStream archive = peers.fetch(node.image, holder)) {
                assertThat(store.load(archive, progress -> {}))
                        .extracting(StoredImage::id)
                        .containsExactly(node.image);
            }
            try (InputStream archive = peers.fetch("sha256:" + "0".repeat(64), holder)) {
                assertThatThrownBy(archive::read)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("No such image");
            }
        }
    }

    private List<TaskState> here(RunTask task) {
        return cluster.statuses(task.id()).stream().map(TaskStatus::state).toList();
    }

    private static PortConfig port(int published, PortConfig.PublishMode mode) {
        return new PortConfig(null, PortConfig.Protocol.TCP, 80L, (long) published, mode);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** The server in the container needs a moment after its process is there. */
    private static String fetch(int port) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                    .build();
            for (int i = 0; ; i++) {
                try {
                    return client.send(request, HttpResponse.BodyHandlers.ofString())
                            .body();
                } catch (IOException refused) {
                    if (i == 50) {
                        throw refused;
                    }
                    TimeUnit.MILLISECONDS.sleep(100);
                }
            }
        }
    }
}
