package io.flotilla.agent.runtime.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.agent.runtime.ExecProcess;
import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.ConsoleSize;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Containers and execs with a terminal. */
class TerminalTest {
    private static final byte CTRL_C = 3;
    private static final byte CTRL_D = 4;

    private static Box box;

    @BeforeAll
    static void open() throws Exception {
        box = new Box();
    }

    @AfterAll
    static void close() throws Exception {
        box.close();
    }

    private static RuntimeSpec interactive(String script) throws Exception {
        return Specs.withProcess(
                box.shell(script),
                process -> process.withTerminal(true).withOpenStdin(true).withConsoleSize(new ConsoleSize(24, 80)));
    }

    @Test
    void terminalIsTheContainersOwnAndItsControllingOne() throws Exception {
        Box.Result result = box.run(interactive(
                "tty; stty size; echo on tty > /dev/tty; echo on console > /dev/console; echo err >&2; ls /dev/pts"));

        assertThat(result.out()).isEqualTo("/dev/pts/0\r\n24 80\r\non tty\r\non console\r\nerr\r\n0     ptmx\r\n");
        assertThat(result.err()).isEmpty();
        assertThat(result.output().ended).containsExactly(Stream.STDOUT);
    }

    @Test
    void terminalBelongsToTheUser() throws Exception {
        RuntimeSpec spec = Specs.withUser(interactive("stat -c %u /dev/pts/0; echo x > /dev/console"), 1000, 1000);

        assertThat(box.run(spec).out()).isEqualTo("1000\r\nx\r\n");
    }

    @Test
    void everythingWrittenBeforeTheExitComes() throws Exception {
        Box.Result result = box.run(interactive("seq 100000 199999"));

        assertThat(result.out()).hasSize(800_000).endsWith("199999\r\n");
    }

    @Test
    void newSizeReachesTheForegroundProcess() throws Exception {
        RuntimeSpec spec = interactive("trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done");
        var output = new Box.Output();
        box.start(spec, output);
        output.awaitOut("ready");

        box.runtime.resize(spec.id(), 50, 132);

        assertThat(box.exit(spec).exitCode()).isZero();
        assertThat(output.out()).endsWith("50 132\r\n");
        box.runtime.delete(spec.id());
    }

    @Test
    void controlCharactersAreTheTerminalsOwn() throws Exception {
        RuntimeSpec spec = interactive("trap 'echo interrupted; exit 9' INT; echo ready; while :; do sleep 0.05; done");
        var output = new Box.Output();
        box.start(spec, output);
        output.awaitOut("ready");

        try (OutputStream stdin = box.runtime.stdin(spec.id())) {
            stdin.write(CTRL_C);
            assertThat(box.exit(spec).exitCode()).isEqualTo(9);
        }

        assertThat(output.out()).endsWith("interrupted\r\n");
        box.runtime.delete(spec.id());
    }

    @Test
    void closedStreamLeavesTheTerminalOpen() throws Exception {
        RuntimeSpec spec = interactive("cat; echo end");
        var output = new Box.Output();
        box.start(spec, output);

        try (OutputStream stdin = box.runtime.stdin(spec.id())) {
            stdin.write("one\n".getBytes(UTF_8));
        }
        output.awaitOut("one\r\none\r\n");
        try (OutputStream stdin = box.runtime.stdin(spec.id())) {
            stdin.write("two\n".getBytes(UTF_8));
            output.awaitOut("two\r\ntwo\r\n");
            stdin.write(CTRL_D);
        }

        assertThat(box.exit(spec).exitCode()).isZero();
        assertThat(output.out()).endsWith("end\r\n");
        box.runtime.delete(spec.id());
    }

    @Test
    void execHasATerminalOfItsOwn() throws Exception {
        RuntimeSpec spec = box.shell("echo ready; sleep 60");
        var containerOutput = new Box.Output();
        box.start(spec, containerOutput);
        containerOutput.awaitOut("ready");
        var exec = Box.exec(
                Box.exec("sh", "-c", "tty; stty size; read line; stty size; echo got $line; exit 3"),
                process -> process.withTerminal(true).withConsoleSize(new ConsoleSize(30, 90)));
        var output = new Box.Output();

        ExecProcess process = box.runtime.exec(spec.id(), exec, output);
        output.awaitOut("30 90\r\n");
        process.resize(31, 91);
        try (OutputStream stdin = process.stdin()) {
            stdin.write("line\n".getBytes(UTF_8));
        }

        assertThat(process.exit().get(20, TimeUnit.SECONDS).exitCode()).isEqualTo(3);
        assertThat(output.out()).isEqualTo("/dev/pts/0\r\n30 90\r\nline\r\n31 91\r\ngot line\r\n");
        box.runtime.delete(spec.id());
    }

    @Test
    void containerWithoutATerminalHasNoSize() throws Exception {
        RuntimeSpec spec = box.command("sleep", "60");
        box.start(spec, new Box.Output());

        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.resize(spec.id(), 1, 1))
                .withMessage("container " + spec.id() + " has no terminal");
        box.runtime.delete(spec.id());
    }
}
