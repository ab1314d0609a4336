package io.flotilla.agent.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.ContainerRecordBuilder;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.ExecSpec;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.ConsoleSize;
import io.flotilla.agent.runtime.spec.RuntimeSpecBuilder;
import io.flotilla.agent.runtime.spec.RuntimeSpecProcessBuilder;
import io.flotilla.agent.stream.ClientSession;
import io.flotilla.agent.stream.RecordingClient;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ExecConfig;
import io.flotilla.bus.schema.ExecConfigBuilder;
import io.flotilla.bus.schema.ExecInspect;
import io.flotilla.bus.schema.HostConfigBuilder;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExecSessionsTest {
    private final List<String> events = new ArrayList<>();
    private final List<FakeProcess> processes = new ArrayList<>();
    private final List<ExecSpec> specs = new ArrayList<>();
    private @Nullable RuntimeFailure refusal;
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private ContainerRecord container;
    private ExecSessions execs;

    private static final class FakeProcess implements ExecProcess {
        final CompletableFuture<Exit> exit = new CompletableFuture<>();
        final ByteArrayOutputStream typed = new ByteArrayOutputStream();
        final OutputSink output;

        @Nullable
        ConsoleSize size;

        boolean stdinClosed;
        int resumed;

        FakeProcess(OutputSink output) {
            this.output = output;
        }

        @Override
        public int pid() {
            return 4242;
        }

        @Override
        public CompletableFuture<Exit> exit() {
            return exit.copy();
        }

        @Override
        public OutputStream stdin() {
            return new OutputStream() {
                @Override
                public void write(int b) {
                    typed.write(b);
                }

                @Override
                public void close() {
                    stdinClosed = true;
                }
            };
        }

        @Override
        public void resize(int rows, int columns) {
            size = new ConsoleSize(rows, columns);
        }

        @Override
        public void signal(int number) {}

        @Override
        public void resumeOutput() {
            resumed++;
        }
    }

    @BeforeEach
    void openContainer(@TempDir Path folder) throws Exception {
        Path layer = Files.createDirectories(folder.resolve("layer/etc"));
        Files.writeString(layer.resolve("passwd"), "root:x:0:0::/root:/bin/sh\nweb:x:7:8::/srv:/bin/sh\n");
        RuntimeSpec spec = RuntimeSpecBuilder.builder()
                .id("c1")
                .process(RuntimeSpecProcessBuilder.builder()
                        .args(List.of("sleep", "1"))
                        .env(List.of("PATH=/bin", "HOME=/root", "A=1"))
                        .cwd("/work")
                        .user(new RuntimeSpec.User(0, 0, List.of()))
                        .capabilities(List.of("CAP_CHOWN"))
                        .build())
                .root(new RuntimeSpec.Root(
                        List.of(folder.resolve("layer")), folder.resolve("upper"), folder.resolve("work"), false))
                .hostname("h")
                .resources(RuntimeSpec.Resources.UNLIMITED)
                .seccomp(new RuntimeSpec.Seccomp.Default())
                .cgroupParent("")
                .build();
        container = ContainerRecordBuilder.builder()
                .id("c1")
                .name("web")
                .config(ContainerConfigBuilder.builder()
                        .env(List.of("PATH=/bin", "A=1"))
                        .build())
                .hostConfig(HostConfigBuilder.builder().build())
                .spec(spec)
                .startAttempted(true)
                .process(new RunningProcess(1, 1))
                .error("")
                .build();
        ContainerRuntime runtime = (ContainerRuntime) Proxy.newProxyInstance(
                ContainerRuntime.class.getClassLoader(),
                new Class<?>[] {ContainerRuntime.class},
                (proxy, method, arguments) -> exec((ExecSpec) arguments[1], (OutputSink) arguments[2]));
        execs = new ExecSessions(
                reference -> container,
                runtime,
                (id, action, attributes) -> events.add(action + " " + attributes.getOrDefault("exitCode", "")),
                () -> now);
    }

    private ExecProcess exec(ExecSpec spec, OutputSink output) throws RuntimeFailure {
        specs.add(spec);
        if (refusal != null) {
            throw refusal;
        }
        processes.add(new FakeProcess(output));
        return processes.getLast();
    }

    private static ExecConfigBuilder config(String... command) {
        return ExecConfigBuilder.builder()
                .cmd(List.of(command))
                .attachStdin(true)
                .attachStdout(true)
                .attachStderr(true);
    }

    private static ClientSession session(RecordingClient client, ExecConfig config) {
        return new ClientSession(
                new ClientSession.Terms(EnumSet.allOf(Stream.class), config.attachStdin(), null, !config.tty(), false),
                client,
                () -> {},
                Runnable::run);
    }

    private FakeProcess started(RecordingClient client, ExecConfig config) throws Exception {
        String id = execs.create("c1", config);
        execs.startAttached(id, null, session(client, config));
        return processes.getLast();
    }

    private static Exit exit(int code) {
        return new Exit(code, false, Instant.EPOCH, true);
    }

    private static void write(FakeProcess process, String text) {
        process.output.write(Stream.STDOUT, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void clientReadsTheOutputAndFindsTheExitCodeWhenItEnds() throws Exception {
        RecordingClient client = new RecordingClient();
        ExecConfig config = config("sh", "-c", "true").build();
        String id = execs.create("c1", config);
        assertThat(execs.inspect(id).exitCode()).isNull();
        execs.startAttached(id, null, session(client, config));
        assertThat(execs.inspect(id).running()).isTrue();
        assertThat(execs.inspect(id).pid()).isEqualTo(4242);
        assertThat(execs.ids("c1")).containsExactly(id);
        write(processes.getFirst(), "out");
        assertThat(client.ended()).isFalse();
        processes.getFirst().exit.complete(exit(3));
        assertThat(client.stdout()).isEqualTo("out");
        assertThat(client.ended()).isTrue();
        ExecInspect inspect = execs.inspect(id);
        assertThat(inspect.running()).isFalse();
        assertThat(inspect.exitCode()).isEqualTo(3);
        assertThat(inspect.processConfig().entrypoint()).isEqualTo("sh");
        assertThat(inspect.processConfig().arguments()).containsExactly("-c", "true");
        assertThat(execs.ids("c1")).isEmpty();
        assertThat(events).containsExactly("exec_create: sh -c true ", "exec_start: sh -c true ", "exec_die 3");
    }

    @Test
    void commandIsAsTheContainersButForWhatIsAsked() throws Exception {
        started(
                new RecordingClient(),
                config("id")
                        .user("web")
                        .env(List.of("B=2", "A"))
                        .workingDir("/x")
                        .privileged(true)
                        .build());
        ExecSpec spec = specs.getFirst();
        assertThat(spec.privileged()).isTrue();
        assertThat(spec.process().user()).isEqualTo(new RuntimeSpec.User(7, 8, List.of(8)));
        assertThat(spec.process().env()).containsExactly("PATH=/bin", "HOME=/srv", "B=2");
        assertThat(spec.process().cwd()).isEqualTo("/x");
        started(new RecordingClient(), config("id").tty(true).build());
        assertThat(specs.getLast().process().cwd()).isEqualTo("/work");
        assertThat(specs.getLast().process().env()).contains("TERM=xterm");
        assertThat(specs.getLast().process().terminal()).isTrue();
    }

    @Test
    void commandThatCanNotBeExecutedIsToldInTheStream() throws Exception {
        refusal = new RuntimeFailure("exec: \"nope\": executable file not found in $PATH: unknown", 127, false, null);
        RecordingClient client = new RecordingClient();
        ExecConfig config = config("nope").build();
        String id = execs.create("c1", config);
        execs.startAttached(id, null, session(client, config));
        assertThat(client.stdout()).endsWith("not found in $PATH: unknown\r\n");
        assertThat(client.failure()).isNull();
        assertThat(execs.inspect(id).exitCode()).isEqualTo(127);
        String detached = execs.create("c1", config);
        assertThatExceptionOfType(ActionRefused.class)
                .isThrownBy(() -> execs.startDetached(detached, null))
                .matches(refused -> refused.reason() == ActionRefused.Reason.INVALID);
    }

    @Test
    void whatCanNotBeExecutedNowIsRefused() throws Exception {
        ExecConfig config = config("true").build();
        String id = execs.create("c1", config);
        execs.startDetached(id, null);
        assertThatExceptionOfType(ActionRefused.class)
                .isThrownBy(() -> execs.startDetached(id, null))
                .withMessageContaining("is already running");
        assertThatExceptionOfType(ActionRefused.class)
                .isThrownBy(() -> execs.inspect("none"))
                .withMessage("No such exec instance: none");
        assertThatExceptionOfType(ActionRefused.class)
                .isThrownBy(() -> execs.create("c1", config().build()))
                .withMessage("No exec command specified");
        container = container.withProcess(null);
        assertThatExceptionOfType(ActionRefused.class)
                .isThrownBy(() -> execs.create("c1", config))
                .withMessage("container c1 is not running");
    }

    @Test
    void endOfTheClientsInputIsTheProcesss() throws Exception {
        RecordingClient client = new RecordingClient();
        ExecConfig config = config("cat").build();
        String id = execs.create("c1", config);
        ClientSession session = session(client, config);
        session.input().write("early ".getBytes(StandardCharsets.UTF_8));
        execs.startAttached(id, null, session);
        session.input().write("late".getBytes(StandardCharsets.UTF_8));
        session.input().end();
        assertThat(processes.getFirst().typed.toString(StandardCharsets.UTF_8)).isEqualTo("early late");
        assertThat(processes.getFirst().stdinClosed).isTrue();
        assertThat(client.ended()).isFalse();
    }

    @Test
    void clientThatLeavesFreesItsStreamsAndTheProcessGoesOn() throws Exception {
        RecordingClient client = new RecordingClient();
        ExecConfig config = config("cat").build();
        String id = execs.create("c1", config);
        ClientSession session = session(client, config);
        execs.startAttached(id, null, session);
        FakeProcess process = processes.getFirst();
        client.reads(false);
        byte[] much = new byte[512 * 1024];
        assertThat(process.output.write(Stream.STDOUT, ByteBuffer.wrap(much))).isFalse();
        int before = process.resumed;
        session.clientLeft();
        assertThat(process.resumed).isGreaterThan(before);
        assertThat(process.output.write(Stream.STDOUT, ByteBuffer.wrap(much))).isTrue();
        assertThat(process.stdinClosed).isTrue();
        assertThat(execs.inspect(id).running()).isTrue();
    }

    @Test
    void terminalIsSizedBeforeItsStartAndAfter() throws Exception {
        ExecConfig config = config("sh").tty(true).consoleSize(List.of(10, 20)).build();
        String id = execs.create("c1", config);
        execs.startDetached(id, null);
        assertThat(specs.getFirst().process().consoleSize()).isEqualTo(new ConsoleSize(10, 20));
        execs.resize(id, new ConsoleSize(30, 40));
        assertThat(processes.getFirst().size).isEqualTo(new ConsoleSize(30, 40));
        String second = execs.create("c1", config);
        execs.resize(second, new ConsoleSize(1, 2));
        execs.startDetached(second, null);
        assertThat(specs.getLast().process().consoleSize()).isEqualTo(new ConsoleSize(1, 2));
    }

    @Test
    void endedOnesAreForgottenAfterAWhileAndTheirNumberIsBounded() throws Exception {
        ExecConfig config = config("true").build();
        String ended = execs.create("c1", config);
        execs.startDetached(ended, null);
        processes.getFirst().exit.complete(new Exit(0, false, now, true));
        now = now.plus(Duration.ofMinutes(6));
        String last = execs.create("c1", config);
        assertThatExceptionOfType(ActionRefused.class).isThrownBy(() -> execs.inspect(ended));
        for (int i = 0; i < 5000; i++) {
            last = execs.create("c1", config);
        }
        assertThat(execs.ids("c1")).hasSize(4096).contains(last);
    }

    @Test
    void twoHundredAtOnceDoNotMixTheirStreams() throws Exception {
        Map<RecordingClient, FakeProcess> all = new java.util.LinkedHashMap<>();
        for (int i = 0; i < 200; i++) {
            RecordingClient client = new RecordingClient();
            all.put(client, started(client, config("echo", Integer.toString(i)).build()));
        }
        int number = 0;
        for (FakeProcess process : all.values()) {
            write(process, Integer.toString(number++));
            process.exit.complete(exit(0));
        }
        number = 0;
        for (RecordingClient client : all.keySet()) {
            assertThat(client.stdout()).isEqualTo(Integer.toString(number++));
            assertThat(client.ended()).isTrue();
        }
    }
}
