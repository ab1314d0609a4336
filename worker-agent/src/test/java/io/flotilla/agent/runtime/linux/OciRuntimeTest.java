package io.flotilla.agent.runtime.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.ConsoleSize;
import io.flotilla.agent.runtime.spec.RuntimeSpecResourcesBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same containers run by Debian's crun; without it these tests fail. */
class OciRuntimeTest {
    private static final Path CRUN = Path.of("/usr/bin/crun");

    private static Box box;

    @BeforeAll
    static void open() throws Exception {
        assertThat(CRUN).isExecutable();
        box = new Box();
    }

    @AfterAll
    static void close() throws Exception {
        box.close();
    }

    private static RuntimeSpec shell(String script) throws IOException {
        return box.shell(script).withOciRuntime(CRUN);
    }

    @Test
    void streamsExitCodeAndConfinementAreTheSame() throws Exception {
        RuntimeSpec spec = shell("hostname; echo err >&2; grep -E 'CapEff|Seccomp:' /proc/self/status; exit 7")
                .withResources(RuntimeSpecResourcesBuilder.builder()
                        .memoryLimitBytes(64L << 20)
                        .pidsLimit(20L)
                        .build());

        Box.Result result = box.run(spec);

        assertThat(result.out()).isEqualTo("box\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n");
        assertThat(result.err()).isEqualTo("err\n");
        assertThat(result.code()).isEqualTo(7);
        assertThat(box.runtime.known()).doesNotContain(spec.id());
    }

    @ParameterizedTest
    @CsvSource({"no-such-command,127", "/etc/plain,126"})
    void commandThatCannotBeExecutedIsTold(String command, int exitCode) throws Exception {
        RuntimeSpec spec = box.command(command).withOciRuntime(CRUN);
        box.runtime.create(spec);

        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.start(spec, new Box.Output()))
                .withMessageStartingWith("OCI runtime create failed: crun: ")
                .matches(failure -> failure.exitCode() == exitCode);
        box.runtime.delete(spec.id());
    }

    @Test
    void runtimeThatIsNotInstalledIsNamed() throws Exception {
        RuntimeSpec spec = box.shell("true").withOciRuntime(Path.of("/usr/bin/no-runtime"));
        box.runtime.create(spec);

        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.start(spec, new Box.Output()))
                .withMessage("OCI runtime /usr/bin/no-runtime is not installed on this host: unknown");
        box.runtime.delete(spec.id());
    }

    @Test
    void execSignalPauseAndRemovalReachTheContainerItself() throws Exception {
        RuntimeSpec spec = shell("trap 'echo bye; exit 4' TERM; echo ready; while :; do sleep 0.05; done");
        var output = new Box.Output();
        RunningProcess process = box.start(spec, output);
        output.awaitOut("ready");

        assertThat(Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")))
                .startsWith("sh");
        assertThat(box.run(spec, Box.exec("hostname")).out()).isEqualTo("box\n");
        box.runtime.pause(spec.id());
        box.runtime.unpause(spec.id());
        box.runtime.signal(spec.id(), 15);

        assertThat(box.exit(spec).exitCode()).isEqualTo(4);
        assertThat(output.out()).isEqualTo("ready\nbye\n");
        box.runtime.delete(spec.id());

        RuntimeSpec endless = shell("sleep 60 & echo ready; wait");
        output = new Box.Output();
        box.start(endless, output);
        output.awaitOut("ready");
        List<Integer> processes = box.runtime.processes(endless.id());
        box.runtime.delete(endless.id());
        assertThat(processes).hasSizeGreaterThan(1).noneMatch(pid -> Files.exists(Path.of("/proc/" + pid)));
    }

    @Test
    void terminalIsPassedOn() throws Exception {
        RuntimeSpec spec = Specs.withProcess(
                shell("tty; stty size; read line; stty size; echo got $line"),
                process -> process.withTerminal(true).withOpenStdin(true).withConsoleSize(new ConsoleSize(24, 80)));
        var output = new Box.Output();
        box.start(spec, output);
        output.awaitOut("24 80");

        box.runtime.resize(spec.id(), 30, 90);
        try (OutputStream stdin = box.runtime.stdin(spec.id())) {
            stdin.write("line\n".getBytes(UTF_8));
            assertThat(box.exit(spec).exitCode()).isZero();
        }

        assertThat(output.out()).startsWith("/dev/pts/0\r\n24 80\r\n").endsWith("30 90\r\ngot line\r\n");
        box.runtime.delete(spec.id());
    }

    @Test
    void containerOutlivesTheRuntimesOwner() throws Exception {
        Path sign = Files.createDirectories(box.folder.resolve("sign"));
        RuntimeSpec spec = Specs.withMount(
                shell("echo before; while ! test -e /sign/go; do sleep 0.05; done; echo after; exit 5"),
                "/sign",
                "bind",
                sign.toString(),
                "rbind");
        var first = new Box.Output();
        RunningProcess process = box.start(spec, first);
        first.awaitOut("before");
        box.runtime.close();
        box.runtime = new LinuxRuntime(box.instance);
        var second = new Box.Output();

        assertThat(box.runtime.adopt(spec, process, second)).contains(process);
        Files.createFile(sign.resolve("go"));

        assertThat(box.exit(spec).exitCode()).isEqualTo(5);
        assertThat(second.out()).isEqualTo("after\n");
        box.runtime.delete(spec.id());
        Files.delete(sign.resolve("go"));
        Files.delete(sign);
    }
}
