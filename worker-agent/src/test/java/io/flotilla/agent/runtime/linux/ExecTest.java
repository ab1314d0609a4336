package io.flotilla.agent.runtime.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.ExecSpec;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Rlimit;
import io.flotilla.agent.runtime.spec.RuntimeSpec.User;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Further processes in a running container. */
class ExecTest {
    private static Box box;
    private static RuntimeSpec container;

    @BeforeAll
    static void open() throws Exception {
        box = new Box();
        container = Specs.withLimits(box.shell("echo ready; sleep 1000"), 7, new Rlimit("RLIMIT_NOFILE", 99, 99));
        var output = new Box.Output();
        box.start(container, output);
        output.awaitOut("ready");
    }

    @AfterAll
    static void close() throws Exception {
        box.close();
    }

    private static Box.Result run(String... args) throws Exception {
        return box.run(container, Box.exec(args));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pid", "mnt", "uts", "ipc", "net", "cgroup"})
    void everyNamespaceIsTheContainers(String type) throws Exception {
        assertThat(run("sh", "-c", "cd /proc; readlink self/ns/" + type + "; readlink 1/ns/" + type)
                        .out()
                        .lines()
                        .distinct())
                .hasSize(1)
                .first()
                .asString()
                .startsWith(type + ":[");
    }

    @Test
    void itIsInTheContainersCgroupAndNoOther() throws Exception {
        Box.Result result =
                run("sh", "-c", "cat /proc/self/cgroup | grep -v ':/$'; cat /proc/1/cgroup /proc/self/cgroup");
        List<String> lines =
                result.out().lines().filter(line -> !line.startsWith("0:")).toList();

        assertThat(lines).isNotEmpty().allMatch(line -> line.endsWith(":/"));
    }

    @Test
    void streamsAndExitCodeComeBack() throws Exception {
        Box.Result result = run("sh", "-c", "echo out; echo err >&2; exit 7");

        assertThat(result.out()).isEqualTo("out\n");
        assertThat(result.err()).isEqualTo("err\n");
        assertThat(result.code()).isEqualTo(7);
    }

    @Test
    void userFolderEnvironmentAndLimitsAreItsOwnOrTheContainers() throws Exception {
        ExecSpec exec = Box.exec(
                Box.exec(
                        "sh",
                        "-c",
                        "id -u; id -g; id -G; pwd; echo $WHO; ulimit -n; cat /proc/self/oom_score_adj; "
                                + "grep -E 'CapEff|CapBnd|Seccomp:|NoNewPrivs' /proc/self/status"),
                process -> process.withUser(new User(1000, 1001, List.of(7)))
                        .withCwd("/tmp")
                        .withEnv(List.of("PATH=/bin", "WHO=me"))
                        .withCapabilities(List.of("CAP_KILL"))
                        .withNoNewPrivileges(true));

        assertThat(box.run(container, exec).out().lines().map(line -> line.replace("\t", " ")))
                .containsExactly(
                        "1000",
                        "1001",
                        "1001 7",
                        "/tmp",
                        "me",
                        "99",
                        "7",
                        "CapEff: 0000000000000000",
                        "CapBnd: 0000000000000020",
                        "NoNewPrivs: 1",
                        "Seccomp: 2");
    }

    @Test
    void privilegedExecHasAllCapabilities() throws Exception {
        ExecSpec plain = Box.exec("grep", "CapEff", "/proc/self/status");
        String own = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("CapEff"))
                .findFirst()
                .orElseThrow();

        assertThat(box.run(container, new ExecSpec(plain.id(), plain.process(), true))
                        .out()
                        .strip())
                .isEqualTo(own);
    }

    @Test
    void stdinEndsWithItsStream() throws Exception {
        ExecSpec exec = Box.exec(Box.exec("wc", "-c"), process -> process.withOpenStdin(true));
        var output = new Box.Output();
        ExecProcess process = box.runtime.exec(container.id(), exec, output);

        try (OutputStream stdin = process.stdin()) {
            stdin.write(new byte[300_000]);
        }

        assertThat(process.exit().get(20, TimeUnit.SECONDS).exitCode()).isZero();
        assertThat(output.out().strip()).isEqualTo("300000");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "no-such | 127 | exec: \"no-such\": executable file not found in $PATH: unknown",
                "/no/such | 127 | exec: \"/no/such\": stat /no/such: no such file or directory: unknown",
                "/etc/plain | 126 | exec: \"/etc/plain\": permission denied: unknown",
            })
    void commandThatCannotBeExecutedIsToldAsDockerDoes(String command, int exitCode, String message) {
        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> run(command))
                .withMessage("OCI runtime exec failed: exec failed: unable to start container process: " + message)
                .matches(failure -> failure.exitCode() == exitCode);
    }

    @Test
    void folderThatIsNotThereIsTold() {
        ExecSpec exec = Box.exec(Box.exec("pwd"), process -> process.withCwd("/nowhere"));

        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.run(container, exec))
                .withMessage("OCI runtime exec failed: exec failed: unable to start container process: "
                        + "chdir to cwd (\"/nowhere\"): no such file or directory: unknown");
    }

    @Test
    void signalsReachIt() throws Exception {
        ExecProcess process = box.runtime.exec(container.id(), Box.exec("sleep", "60"), new Box.Output());
        assertThat(Path.of("/proc/" + process.pid())).exists();

        process.signal(15);

        assertThat(process.exit().get(20, TimeUnit.SECONDS).exitCode()).isEqualTo(143);
        process.signal(15);
    }

    @Test
    void itEndsWithTheContainer() throws Exception {
        RuntimeSpec other = box.command("sleep", "60");
        box.start(other, new Box.Output());
        ExecProcess process = box.runtime.exec(other.id(), Box.exec("sleep", "60"), new Box.Output());

        box.runtime.delete(other.id());

        assertThat(process.exit().get(20, TimeUnit.SECONDS).exitCode()).isEqualTo(137);
        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.run(other, Box.exec("true")))
                .withMessage("container " + other.id() + " is not running");
    }

    @Test
    void hundredsAtOnceNeitherMixNorLeak() throws Exception {
        parallel(20);
        LinuxRuntimeTest.Resources before = LinuxRuntimeTest.Resources.now();

        parallel(200);

        LinuxRuntimeTest.Resources after = LinuxRuntimeTest.Resources.now();
        assertThat(after.descriptors()).isEqualTo(before.descriptors());
        assertThat(after.children()).isEqualTo(before.children());
        assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + 2);
        assertThat(box.runtime.processes(container.id())).hasSize(1);
    }

    /** Each writes what it was given, many times, and ends with its own code. */
    private static void parallel(int count) throws Exception {
        List<Future<Box.Result>> results = new ArrayList<>();
        try (var threads = Executors.newFixedThreadPool(16)) {
            for (int i = 0; i < count; i++) {
                results.add(threads.submit(one(i)));
            }
        }
        for (int i = 0; i < count; i++) {
            Box.Result result = results.get(i).get();
            assertThat(result.out()).isEqualTo(("out " + i + "\n").repeat(50));
            assertThat(result.err()).isEqualTo("err " + i + "\n");
            assertThat(result.code()).isEqualTo(i % 100);
        }
    }

    private static Callable<Box.Result> one(int number) {
        String script = "read n; i=0; while test $i -lt 50; do echo out $n; i=$((i+1)); done; echo err $n >&2; exit "
                + number % 100;
        return () -> {
            ExecSpec exec = Box.exec(Box.exec("sh", "-c", script), process -> process.withOpenStdin(true));
            var output = new Box.Output();
            ExecProcess process = box.runtime.exec(container.id(), exec, output);
            writeAndClose(process, number + "\n");
            return new Box.Result(process.exit().get(60, TimeUnit.SECONDS), output);
        };
    }

    private static void writeAndClose(ExecProcess process, String text) throws IOException {
        try (OutputStream stdin = process.stdin()) {
            stdin.write(text.getBytes(UTF_8));
        }
    }
}
