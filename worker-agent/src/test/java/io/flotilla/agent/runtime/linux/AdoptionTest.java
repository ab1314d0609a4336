package io.flotilla.agent.runtime.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Containers go on while no agent is there, and the next one takes them over. */
class AdoptionTest {
    /** Says so, waits for the host's sign, then ends. */
    private static final String SCRIPT =
            "echo before; while ! test -e /sign/go; do sleep 0.05; done; echo after; exit 5";

    /** How the container and its agent talk. */
    private enum Kind {
        SIGN,
        TERMINAL,
        OPEN_STDIN,
        STDIN_ONCE
    }

    private static RuntimeSpec spec(Box box, RuntimeSpec spec, Kind kind) throws IOException {
        String script = "echo before; read line; echo got $line" + (kind == Kind.TERMINAL ? " $(stty size)" : "")
                + (kind == Kind.STDIN_ONCE ? "; cat" : "") + "; exit 5";
        return kind == Kind.SIGN
                ? waiting(box)
                : Specs.withProcess(spec, process -> process.withArgs(List.of("sh", "-c", script))
                        .withTerminal(kind == Kind.TERMINAL)
                        .withOpenStdin(true)
                        .withStdinOnce(kind == Kind.STDIN_ONCE));
    }

    private static RuntimeSpec waiting(Box box) throws IOException {
        Path sign = Files.createDirectories(box.folder.resolve("sign"));
        return Specs.withMount(box.shell(SCRIPT), "/sign", "bind", sign.toString(), "rbind");
    }

    private static void go(Box box) throws IOException {
        Files.createFile(box.folder.resolve("sign/go"));
    }

    @Test
    void closedRuntimesContainerIsTakenOverByTheNext() throws Exception {
        try (var box = new Box()) {
            RuntimeSpec spec = waiting(box);
            var first = new Box.Output();
            RunningProcess process = box.start(spec, first);
            first.awaitOut("before");
            box.runtime.close();
            box.runtime = new LinuxRuntime(box.instance);
            var second = new Box.Output();

            assertThat(box.runtime.known()).containsExactly(spec.id());
            assertThat(box.runtime.adopt(spec, process, second)).contains(process);
            go(box);

            assertThat(box.exit(spec).exitCode()).isEqualTo(5);
            assertThat(second.out()).isEqualTo("after\n");
        }
    }

    @Test
    void closedRuntimesTerminalIsTakenOverByTheNext() throws Exception {
        try (var box = new Box()) {
            RuntimeSpec spec = spec(box, box.shell("true"), Kind.TERMINAL);
            var first = new Box.Output();
            RunningProcess process = box.start(spec, first);
            first.awaitOut("before");
            box.runtime.close();
            box.runtime = new LinuxRuntime(box.instance);
            var second = new Box.Output();

            assertThat(box.runtime.adopt(spec, process, second)).contains(process);
            box.runtime.resize(spec.id(), 12, 34);
            try (OutputStream stdin = box.runtime.stdin(spec.id())) {
                stdin.write("line\n".getBytes(UTF_8));
            }

            assertThat(box.exit(spec).exitCode()).isEqualTo(5);
            assertThat(second.out()).isEqualTo("line\r\ngot line 12 34\r\n");
        }
    }

    @Test
    void containerOfAKilledAgentIsTakenOverWithItsExitCode() throws Exception {
        try (var box = new Box()) {
            RuntimeSpec spec = waiting(box);
            RunningProcess process = startedByAnAgentThatDies(box, spec, Kind.SIGN);
            var output = new Box.Output();

            assertThat(box.runtime.adopt(spec, process, output)).contains(process);
            go(box);

            assertThat(box.exit(spec).exitCode()).isEqualTo(5);
            assertThat(box.exit(spec).known()).isTrue();
            assertThat(output.out()).isEqualTo("after\n");
        }
    }

    @Test
    void terminalOfAKilledAgentsContainerIsNotHungUp() throws Exception {
        try (var box = new Box()) {
            RuntimeSpec spec = box.shell("true");
            RunningProcess process = startedByAnAgentThatDies(box, spec, Kind.TERMINAL);
            var output = new Box.Output();

            assertThat(box.runtime.adopt(spec(box, spec, Kind.TERMINAL), process, output))
                    .contains(process);
            box.runtime.resize(spec.id(), 12, 34);
            try (OutputStream stdin = box.runtime.stdin(spec.id())) {
                stdin.write("line\n".getBytes(UTF_8));
            }

            assertThat(box.exit(spec).exitCode()).isEqualTo(5);
            assertThat(output.out()).isEqualTo("line\r\ngot line 12 34\r\n");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"OPEN_STDIN", "STDIN_ONCE"})
    void stdinOfAKilledAgentsContainerHasNoEndYet(Kind kind) throws Exception {
        try (var box = new Box()) {
            RuntimeSpec spec = box.shell("true");
            RunningProcess process = startedByAnAgentThatDies(box, spec, kind);
            var output = new Box.Output();

            assertThat(box.runtime.adopt(spec(box, spec, kind), process, output))
                    .contains(process);
            try (OutputStream stdin = box.runtime.stdin(spec.id())) {
                stdin.write("line\n".getBytes(UTF_8));
            }

            assertThat(box.exit(spec).exitCode()).isEqualTo(5);
            assertThat(output.out()).isEqualTo("got line\n");
        }
    }

    @Test
    void strangerWithTheSamePidIsNotTakenOver() throws Exception {
        try (var box = new Box()) {
            RuntimeSpec spec = waiting(box);
            int ourselves = (int) ProcessHandle.current().pid();

            assertThat(box.runtime.adopt(spec, new RunningProcess(ourselves, 1), new Box.Output()))
                    .isEmpty();
            assertThat(box.exit(spec).known()).isFalse();
            assertThat(box.exit(spec).exitCode()).isEqualTo(255);
        }
    }

    private static RunningProcess startedByAnAgentThatDies(Box box, RuntimeSpec spec, Kind kind) throws Exception {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Process agent = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        classPath,
                        Agent.class.getName(),
                        box.instance.name(),
                        box.folder.toString(),
                        spec.id(),
                        kind.name())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var lines = new BufferedReader(new InputStreamReader(agent.getInputStream(), UTF_8))) {
            String line = lines.readLine();
            assertThat(line).isNotNull();
            String[] words = line.split(" ");
            return new RunningProcess(Integer.parseInt(words[0]), Long.parseLong(words[1]));
        } finally {
            assertThat(agent.destroyForcibly().waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** The agent that dies: starts the container, tells its process once it has written, and waits to be killed. */
    static final class Agent {
        private Agent() {}

        public static void main(String[] args) throws Exception {
            var box = new Box(args[0], Path.of(args[1]));
            Path own = box.folder.resolve("containers").resolve(args[2]);
            RuntimeSpec template = spec(box, box.shell("true"), Kind.valueOf(args[3]));
            RuntimeSpec spec = Specs.withId(template, args[2], own.resolve("upper"), own.resolve("work"));
            var output = new Box.Output();
            RunningProcess process = box.start(spec, output);
            output.awaitOut("before");
            System.out.println(process.pid() + " " + process.startTimeTicks());
            Thread.sleep(TimeUnit.MINUTES.toMillis(1));
        }
    }
}
