package io.flotilla.agent.runtime.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.agent.runtime.OutputSink.Stream;
import io.flotilla.agent.runtime.RuntimeFailure;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Starting, ending and failing containers, on the real kernel. */
class LinuxRuntimeTest {
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
        assertThat(result.output().ended).containsExactly(Stream.STDOUT, Stream.STDERR);
    }

    @Test
    void missingCommandIsDockers127() throws Exception {
        var spec = box.command("no-such-command");
        box.runtime.create(spec);

        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.start(spec, new Box.Output()))
                .withMessage("exec: \"no-such-command\": executable file not found in $PATH: unknown")
                .matches(failure -> failure.exitCode() == 127);
        box.runtime.delete(spec.id());
    }
}
