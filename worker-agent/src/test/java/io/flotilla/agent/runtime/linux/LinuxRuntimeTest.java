package io.flotilla.agent.runtime.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Starting, ending, failing and removing containers, on the real kernel. */
class LinuxRuntimeTest {
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;

    private static Box box;

    @BeforeAll
    static void open() throws Exception {
        box = new Box();
    }

    @AfterAll
    static void close() throws Exception {
        box.close();
    }

    @Test
    void commandsOutputAndExitCodeComeBack() throws Exception {
        Box.Result result = box.run("echo out; echo err >&2; exit 7");

        assertThat(result.out()).isEqualTo("out\n");
        assertThat(result.err()).isEqualTo("err\n");
        assertThat(result.code()).isEqualTo(7);
        assertThat(result.exit().known()).isTrue();
        assertThat(result.exit().oomKilled()).isFalse();
        assertThat(result.output().ended).containsExactly(Stream.STDOUT, Stream.STDERR);
    }

    @Test
    void allOutputComesInOrderBeforeTheExit() throws Exception {
        // 1,428,571 lines of seven bytes: 10 MB
        Box.Result result = box.run("seq 1000000 2428570");

        assertThat(result.out()).hasLineCount(1_428_571).startsWith("1000000\n").endsWith("\n2428570\n");
        assertThat(result.out().lines().mapToInt(Integer::parseInt).toArray())
                .isEqualTo(IntStream.rangeClosed(1_000_000, 2_428_570).toArray());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "no-such-command | 127 | exec: \"no-such-command\": executable file not found in $PATH: unknown",
                "/no/such | 127 | exec: \"/no/such\": stat /no/such: no such file or directory: unknown",
                "/etc/plain | 126 | exec: \"/etc/plain\": permission denied: unknown",
                "/etc | 126 | exec: \"/etc\": permission denied: unknown",
                "/etc/garbage | 126 | exec: \"/etc/garbage\": exec format error: unknown",
            })
    void commandThatCannotBeExecutedIsToldAsDockerDoes(String command, int exitCode, String message) throws Exception {
        var spec = box.command(command);
        Path garbage =
                Files.createDirectories(spec.root().upper().resolve("etc")).resolve("garbage");
        Files.writeString(garbage, "garbage");
        assertThat(garbage.toFile().setExecutable(true, false)).isTrue();
        box.runtime.create(spec);

        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.start(spec, new Box.Output()))
                .withMessage(message)
                .matches(failure -> failure.exitCode() == exitCode && !failure.retryable());
        box.runtime.delete(spec.id());
    }

    @Test
    void commandIsSearchedInTheContainersPathThroughItsOwnLinks() throws Exception {
        RuntimeSpec spec = box.command("greet");
        Path upper = spec.root().upper();
        Files.createDirectories(upper.resolve("opt"));
        // absolute: means the container's /opt, not the host's
        Files.createSymbolicLink(upper.resolve("usr"), Path.of("/opt"));
        Files.createDirectories(upper.resolve("opt/bin"));
        Files.writeString(upper.resolve("opt/bin/greet"), "#!/bin/sh\necho found at $0\n");
        assertThat(upper.resolve("opt/bin/greet").toFile().setExecutable(true, false))
                .isTrue();

        assertThat(box.run(spec).out()).isEqualTo("found at /usr/bin/greet\n");
    }

    @Test
    void stepThatFailsIsNamedWithTheKernelsReason() throws Exception {
        var spec = Specs.withMount(box.shell("true"), "/data", "bind", "/does/not/exist", "rbind");
        box.runtime.create(spec);

        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.start(spec, new Box.Output()))
                .withMessage("error during container init: mounting \"/does/not/exist\" to rootfs at \"/data\": "
                        + "open_tree: no such file or directory: unknown");
        box.runtime.delete(spec.id());
    }

    @Test
    void profileThatKillsTheStartIsToldAndTheAgentLives() throws Exception {
        var spec = box.shell("true").withSeccomp(new RuntimeSpec.Seccomp.Custom("""
                        {"defaultAction": "SCMP_ACT_ALLOW",
                         "syscalls": [{"names": ["execve"], "action": "SCMP_ACT_KILL_PROCESS"}]}
                        """));
        box.runtime.create(spec);

        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.start(spec, new Box.Output()))
                .withMessageStartingWith("container init was killed by signal 31 in execve");
        box.runtime.delete(spec.id());
    }

    @Test
    void signalsEndTheContainerWithDockersCode() throws Exception {
        var killed = box.command("sleep", "60");
        box.start(killed, new Box.Output());
        box.runtime.signal(killed.id(), SIGKILL);
        assertThat(box.exit(killed).exitCode()).isEqualTo(137);
        box.runtime.signal(killed.id(), SIGKILL);
        box.runtime.delete(killed.id());

        var trapping = box.shell("trap 'echo bye; exit 4' TERM; echo ready; while :; do sleep 0.05; done");
        var output = new Box.Output();
        box.start(trapping, output);
        output.awaitOut("ready");
        box.runtime.signal(trapping.id(), SIGTERM);
        assertThat(box.exit(trapping).exitCode()).isEqualTo(4);
        assertThat(output.out()).isEqualTo("ready\nbye\n");
        box.runtime.delete(trapping.id());
    }

    @Test
    void removalEndsEveryProcessAndLeavesNothing() throws Exception {
        var spec = box.shell("sleep 60 & sleep 60 & echo ready; wait");
        var output = new Box.Output();
        var process = box.start(spec, output);
        output.awaitOut("ready");

        List<Integer> processes = box.runtime.processes(spec.id());
        assertThat(processes).hasSize(3).startsWith(process.pid());
        assertThat(box.runtime.known()).contains(spec.id());

        box.runtime.delete(spec.id());

        assertThat(processes).noneMatch(pid -> Files.exists(Path.of("/proc/" + pid)));
        assertThat(box.runtime.known()).doesNotContain(spec.id());
        assertThat(box.runtime.processes(spec.id())).isEmpty();
        box.runtime.delete(spec.id());
    }

    @Test
    void creatingTwiceChangesNothing() throws Exception {
        var spec = box.shell("exit 3");
        box.runtime.create(spec);

        assertThat(box.run(spec).code()).isEqualTo(3);
    }

    @Test
    void whatIsNotSupportedIsRefusedByName() throws Exception {
        var plain = box.shell("true");

        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.create(Specs.withNamespace(plain, RuntimeSpec.NamespaceType.USER, null)))
                .withMessage("user namespaces are not supported yet");
        assertThat(box.runtime.known()).doesNotContain(plain.id());
    }

    @Test
    void hundredsOfContainersLeaveNothingBehind() throws Exception {
        run(20); // class loading, buffers and pools of the JVM
        Resources before = Resources.now();

        run(200);

        Resources after = Resources.now();
        assertThat(after.descriptors()).isEqualTo(before.descriptors());
        assertThat(after.children()).isEqualTo(before.children());
        assertThat(after.mounts()).isEqualTo(before.mounts());
        assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + 2);
        assertThat(box.runtime.known()).isEmpty();
    }

    private static void run(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            assertThat(box.run("exit " + i % 100).code()).isEqualTo(i % 100);
        }
    }

    /** What a leak would show in; the JVM itself starts a compiler thread now and then. */
    record Resources(long descriptors, long children, long mounts, long threads) {
        static Resources now() throws IOException {
            try (var descriptors = Files.list(Path.of("/proc/self/fd"));
                    var threads = Files.list(Path.of("/proc/self/task"));
                    var mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
                return new Resources(
                        descriptors.count(),
                        ProcessHandle.current().children().count(),
                        mounts.count(),
                        threads.count());
            }
        }
    }
}
