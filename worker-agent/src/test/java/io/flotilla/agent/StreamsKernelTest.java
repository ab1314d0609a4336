package io.flotilla.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import io.flotilla.agent.image.layer.TarBytes;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.rpc.ArchivePart;
import io.flotilla.bus.rpc.AttachOptions;
import io.flotilla.bus.rpc.AttachRequest;
import io.flotilla.bus.rpc.CommitRequest;
import io.flotilla.bus.rpc.ContainerRef;
import io.flotilla.bus.rpc.ContainerServiceGrpc;
import io.flotilla.bus.rpc.CreateExecRequest;
import io.flotilla.bus.rpc.Empty;
import io.flotilla.bus.rpc.ExecRef;
import io.flotilla.bus.rpc.PathRequest;
import io.flotilla.bus.rpc.StartExecOptions;
import io.flotilla.bus.rpc.StartExecRequest;
import io.flotilla.bus.rpc.StreamFrame;
import io.flotilla.bus.rpc.WriteArchiveOptions;
import io.flotilla.bus.rpc.WriteArchiveRequest;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.ExecConfig;
import io.flotilla.bus.schema.ExecConfigBuilder;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients' sessions with processes of this kernel, over the node's service. */
class StreamsKernelTest {
    private static final int TIMEOUT_S = 30;

    private LiveAgent node;
    private Cluster cluster;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        node = new LiveAgent("agstream", folder);
        cluster = node.cluster;
    }

    @AfterEach
    void removeEverything() throws IOException {
        node.close();
    }

    /** All that a call answers. */
    private static final class Answer<T> implements StreamObserver<T> {
        private final List<T> messages = new ArrayList<>();
        private final CompletableFuture<List<T>> all = new CompletableFuture<>();

        @Override
        public synchronized void onNext(T message) {
            messages.add(message);
        }

        @Override
        public synchronized void onError(Throwable failure) {
            all.completeExceptionally(failure);
        }

        @Override
        public synchronized void onCompleted() {
            all.complete(List.copyOf(messages));
        }

        List<T> all() throws Exception {
            return all.get(TIMEOUT_S, TimeUnit.SECONDS);
        }
    }

    /** A client of a session; reads as long as it is asked to. */
    private static final class Client<Q> implements ClientResponseObserver<Q, StreamFrame> {
        private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
        private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
        private final CompletableFuture<Void> attached = new CompletableFuture<>();
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private final boolean reads;
        private @Nullable ClientCallStreamObserver<Q> call;

        Client(boolean reads) {
            this.reads = reads;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<Q> started) {
            call = started;
            if (!reads) {
                started.disableAutoRequestWithInitial(1);
            }
        }

        @Override
        public synchronized void onNext(StreamFrame frame) {
            attached.complete(null);
            (frame.getStream() == 1 ? stdout : stderr)
                    .writeBytes(frame.getData().toByteArray());
            notifyAll();
        }

        @Override
        public void onError(Throwable failure) {
            attached.completeExceptionally(failure);
            ended.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {
            ended.complete(null);
        }

        synchronized String out() {
            return stdout.toString(UTF_8);
        }

        String outAtEnd() throws Exception {
            ended.get(TIMEOUT_S, TimeUnit.SECONDS);
            return out();
        }

        synchronized void await(String text) throws InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_S);
            while (!out().contains(text)) {
                long leftMs = (deadline - System.nanoTime()) / 1_000_000;
                if (leftMs <= 0) {
                    throw new AssertionError("no \"" + text + "\" but " + out());
                }
                wait(leftMs);
            }
        }

        void leave() {
            Objects.requireNonNull(call).cancel("the client leaves", null);
        }
    }

    private ContainerServiceGrpc.ContainerServiceBlockingStub calls() {
        return ContainerServiceGrpc.newBlockingStub(node.channel()).withDeadlineAfter(TIMEOUT_S, TimeUnit.SECONDS);
    }

    private String run(String id, String script) throws Exception {
        cluster.assign(Cluster.task(
                id,
                TaskSpecBuilder.builder()
                        .containerSpec(ContainerSpecBuilder.builder()
                                .image("box:latest")
                                .command(List.of("/bin/sh", "-c", script))
                                .stopGracePeriod(TimeUnit.SECONDS.toNanos(1))
                                .build())
                        .build(),
                node.image,
                TaskState.RUNNING,
                List.of()));
        TaskStatus running = cluster.await(id, TaskState.RUNNING);
        return Objects.requireNonNull(
                Objects.requireNonNull(running.containerStatus()).containerId());
    }

    private static ExecConfigBuilder shell(String script) {
        return ExecConfigBuilder.builder()
                .cmd(List.of("sh", "-c", script))
                .attachStdin(true)
                .attachStdout(true)
                .attachStderr(true);
    }

    private String create(String container, ExecConfig config) {
        return calls().createExec(CreateExecRequest.newBuilder()
                        .setContainerId(container)
                        .setConfig(ByteString.copyFrom(Codec.JSON.encode(config)))
                        .build())
                .getExecId();
    }

    private StreamObserver<StartExecRequest> start(String exec, Client<StartExecRequest> client) {
        StreamObserver<StartExecRequest> requests =
                ContainerServiceGrpc.newStub(node.channel()).startExec(client);
        requests.onNext(StartExecRequest.newBuilder()
                .setOptions(StartExecOptions.newBuilder().setExecId(exec))
                .build());
        return requests;
    }

    private static StartExecRequest stdin(String text) {
        return StartExecRequest.newBuilder()
                .setStdin(ByteString.copyFromUtf8(text))
                .build();
    }

    private static StartExecRequest closed() {
        return StartExecRequest.newBuilder().setStdinClosed(true).build();
    }

    private List<String> execs(String container) {
        return calls().listExecs(
                        ContainerRef.newBuilder().setContainerId(container).build())
                .getExecIdList();
    }

    private JsonNode inspect(String exec) throws Exception {
        return Codec.JSON
                .mapper()
                .readTree(
                        calls().inspectExec(ExecRef.newBuilder().setExecId(exec).build())
                                .getJson()
                                .toByteArray());
    }

    private static long descriptors() throws Exception {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    @Test
    void execReadsItsInputToTheEndAndTellsItsExitCode() throws Exception {
        String container = run("task1", "sleep 100");
        String exec = create(container, shell("cat; echo oops >&2; exit 7").build());
        assertThat(execs(container)).containsExactly(exec);
        Client<StartExecRequest> client = new Client<>(true);
        StreamObserver<StartExecRequest> requests = start(exec, client);
        requests.onNext(stdin("one "));
        requests.onNext(stdin("two"));
        requests.onNext(closed());
        assertThat(client.outAtEnd()).isEqualTo("one two");
        assertThat(client.stderr.toString(UTF_8)).isEqualTo("oops\n");
        assertThat(inspect(exec).path("ExitCode").asInt()).isEqualTo(7);
        assertThat(inspect(exec).path("Running").asBoolean()).isFalse();
        assertThat(execs(container)).isEmpty();
        assertThat(inspect(exec).path("ProcessConfig").path("entrypoint").asText())
                .isEqualTo("sh");
    }

    @Test
    void commandThatIsNotThereIsToldInTheStream() throws Exception {
        String container = run("task1", "sleep 100");
        String exec =
                create(container, shell("").cmd(List.of("no-such-program")).build());
        Client<StartExecRequest> client = new Client<>(true);
        start(exec, client);
        assertThat(client.outAtEnd()).contains("no-such-program").endsWith("\r\n");
        assertThat(inspect(exec).path("ExitCode").asInt()).isEqualTo(127);
    }

    @Test
    void terminalOfAnExecHasItsSizeAndIsDetachedFrom() throws Exception {
        String container = run("task1", "sleep 100");
        String exec = create(
                container,
                shell("busybox stty size; read line; echo got $line; until [ -e /tmp/over ]; do sleep 0.05; done")
                        .tty(true)
                        .consoleSize(List.of(33, 77))
                        .build());
        Client<StartExecRequest> client = new Client<>(true);
        StreamObserver<StartExecRequest> requests = start(exec, client);
        client.await("33 77");
        requests.onNext(stdin("typed\n"));
        client.await("got typed");
        requests.onNext(stdin("\u0010\u0011"));
        client.ended.get(TIMEOUT_S, TimeUnit.SECONDS);
        assertThat(inspect(exec).path("Running").asBoolean()).isTrue();
        write(container, "/tmp", new TarBytes().file("over", ""));
        awaitEnd(exec);
    }

    private void awaitEnd(String exec) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_S);
        while (inspect(exec).path("Running").asBoolean() && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(inspect(exec).path("Running").asBoolean()).isFalse();
    }

    @Test
    void twoHundredExecsAtOnceNeitherMixTheirStreamsNorLeak() throws Exception {
        String container = run("task1", "sleep 100");
        // what is opened once and kept
        execEcho(container, 1);
        long before = descriptors();
        execEcho(container, 200);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_S);
        while (descriptors() > before + 5 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(descriptors()).isLessThanOrEqualTo(before + 5);
    }

    private void execEcho(String container, int count) throws Exception {
        List<Client<StartExecRequest>> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String exec = create(container, shell("cat; echo end " + i).build());
            Client<StartExecRequest> client = new Client<>(true);
            StreamObserver<StartExecRequest> requests = start(exec, client);
            requests.onNext(stdin("input " + i + "\n"));
            requests.onNext(closed());
            clients.add(client);
        }
        for (int i = 0; i < count; i++) {
            assertThat(clients.get(i).outAtEnd()).isEqualTo("input " + i + "\nend " + i + "\n");
        }
    }

    @Test
    void clientThatDoesNotReadHoldsUpTheProcessUntilItLeaves() throws Exception {
        String container = run("task1", "sleep 100");
        String exec = create(
                container,
                shell("busybox seq 1 2000000; echo >/tmp/written; exit 5").build());
        Client<StartExecRequest> client = new Client<>(false);
        start(exec, client);
        client.attached.get(TIMEOUT_S, TimeUnit.SECONDS);
        assertThat(inspect(exec).path("Running").asBoolean()).isTrue();
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(() -> stat(container, "/tmp/written"))
                .matches(failure -> failure.getStatus().getCode() == Status.Code.NOT_FOUND);
        client.leave();
        awaitEnd(exec);
        assertThat(inspect(exec).path("ExitCode").asInt()).isEqualTo(5);
        stat(container, "/tmp/written");
    }

    private JsonNode stat(String container, String path) throws Exception {
        return Codec.JSON
                .mapper()
                .readTree(calls().statPath(PathRequest.newBuilder()
                                .setContainerId(container)
                                .setPath(path)
                                .build())
                        .getJson()
                        .toByteArray());
    }

    @Test
    void attachedClientGetsTheLogAndThenEveryByteToTheEnd() throws Exception {
        String container =
                run("task1", "busybox seq 1 20000; until [ -e /tmp/go ]; do sleep 0.05; done; busybox seq 20001 40000");
        Client<AttachRequest> client = new Client<>(true);
        ContainerServiceGrpc.newStub(node.channel())
                .attach(client)
                .onNext(AttachRequest.newBuilder()
                        .setOptions(AttachOptions.newBuilder()
                                .setContainerId(container)
                                .setStdout(true)
                                .setStderr(true)
                                .setLogs(true)
                                .setStream(true))
                        .build());
        client.attached.get(TIMEOUT_S, TimeUnit.SECONDS);
        write(container, "/tmp", new TarBytes().file("go", ""));
        StringBuilder expected = new StringBuilder();
        for (int i = 1; i <= 40000; i++) {
            expected.append(i).append('\n');
        }
        assertThat(client.outAtEnd()).isEqualTo(expected.toString());
    }

    private void write(String container, String path, TarBytes tar) throws Exception {
        Answer<Empty> answer = new Answer<>();
        StreamObserver<WriteArchiveRequest> upload =
                ContainerServiceGrpc.newStub(node.channel()).writeArchive(answer);
        upload.onNext(WriteArchiveRequest.newBuilder()
                .setOptions(WriteArchiveOptions.newBuilder()
                        .setContainerId(container)
                        .setPath(path))
                .build());
        upload.onNext(WriteArchiveRequest.newBuilder()
                .setData(ByteString.copyFrom(tar.bytes()))
                .build());
        upload.onCompleted();
        assertThat(answer.all()).hasSize(1);
    }

    @Test
    void filesGoInAndComeOutAndBecomeAnImage() throws Exception {
        String container = run("task1", "sleep 100");
        write(container, "/tmp", new TarBytes().file("in", "through the service"));
        assertThat(stat(container, "/tmp/in").path("size").asInt()).isEqualTo(19);
        Answer<ArchivePart> parts = new Answer<>();
        ContainerServiceGrpc.newStub(node.channel())
                .readArchive(
                        PathRequest.newBuilder()
                                .setContainerId(container)
                                .setPath("/tmp/in")
                                .build(),
                        parts);
        assertThat(parts.all().getFirst().hasStat()).isTrue();
        assertThat(parts.all().getLast().getData().toStringUtf8()).contains("through the service");
        assertThat(calls().changes(ContainerRef.newBuilder()
                                .setContainerId(container)
                                .build())
                        .getJson()
                        .toStringUtf8())
                .contains("{\"Path\":\"/tmp/in\",\"Kind\":1}");
        String committed = calls().commit(CommitRequest.newBuilder()
                        .setContainerId(container)
                        .setReference("made:1")
                        .setPause(true)
                        .addChanges("CMD [\"cat\", \"/tmp/in\"]")
                        .build())
                .getJson()
                .toStringUtf8();
        String id = Codec.JSON.mapper().readTree(committed).path("id").asText();
        cluster.await(
                "the image to be known",
                here -> here.reports(),
                report -> report instanceof Report.ImageLoaded loaded
                        && loaded.imageId().equals(id)
                        && loaded.names().equals(List.of("made:1")));
    }
}
