package io.flotilla.agent.runtime.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a client writes to a container, and the end of it. */
class StdinTest {
    private static Box box;

    @BeforeAll
    static void open() throws Exception {
        box = new Box();
    }

    @AfterAll
    static void close() throws Exception {
        box.close();
    }

    private static RuntimeSpec open(String script, boolean once) throws IOException {
        return Specs.withProcess(
                box.shell(script), process -> process.withOpenStdin(true).withStdinOnce(once));
    }

    @Test
    void endOfTheFirstStreamIsTheEndOfFileWithStdinOnce() throws Exception {
        RuntimeSpec spec = open("wc -c", true);
        var output = new Box.Output();
        box.start(spec, output);

        try (OutputStream stdin = box.runtime.stdin(spec.id())) {
            // more than a pipe holds
            stdin.write(new byte[1_000_000]);
        }

        assertThat(box.exit(spec).exitCode()).isZero();
        assertThat(output.out().strip()).isEqualTo("1000000");
        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.stdin(spec.id()))
                .withMessage("container " + spec.id() + " is not running");
        box.runtime.delete(spec.id());
    }

    @Test
    void secondStreamAfterTheEndOfFileIsRefused() throws Exception {
        RuntimeSpec spec = open("cat; echo end; sleep 60", true);
        var output = new Box.Output();
        box.start(spec, output);
        box.runtime.stdin(spec.id()).close();
        output.awaitOut("end");

        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.stdin(spec.id()))
                .withMessage("the stdin of container " + spec.id() + " was closed");
        box.runtime.delete(spec.id());
    }

    @Test
    void stdinStaysOpenBetweenStreamsWithoutStdinOnce() throws Exception {
        RuntimeSpec spec = open("read a; read b; echo $a $b", false);
        var output = new Box.Output();
        box.start(spec, output);

        try (OutputStream stdin = box.runtime.stdin(spec.id())) {
            stdin.write("one\n".getBytes(UTF_8));
        }
        try (OutputStream stdin = box.runtime.stdin(spec.id())) {
            stdin.write("two\n".getBytes(UTF_8));
        }

        assertThat(box.exit(spec).exitCode()).isZero();
        assertThat(output.out()).isEqualTo("one two\n");
        box.runtime.delete(spec.id());
    }

    @Test
    void containerWithoutOpenStdinReadsNothing() throws Exception {
        Box.Result result = box.run("cat; readlink /proc/self/fd/0");
        assertThat(result.out()).isEqualTo("/dev/null\n");

        RuntimeSpec spec = box.command("sleep", "60");
        box.start(spec, new Box.Output());
        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.runtime.stdin(spec.id()))
                .withMessage("container " + spec.id() + " has no open stdin");
        box.runtime.delete(spec.id());
    }

    @Test
    void writeThatWaitsEndsWithTheContainer() throws Exception {
        RuntimeSpec spec = open("echo ready; sleep 60", false);
        var output = new Box.Output();
        box.start(spec, output);
        output.awaitOut("ready");
        OutputStream stdin = box.runtime.stdin(spec.id());
        CompletableFuture<?> writing = writeTooMuch(stdin);

        box.runtime.signal(spec.id(), 9);

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> writing.get(20, TimeUnit.SECONDS))
                .withMessageContaining("broken pipe");
        stdin.close();
        box.runtime.delete(spec.id());
    }

    @Test
    void writeThatWaitsEndsWithItsStream() throws Exception {
        RuntimeSpec spec = open("sleep 60", false);
        box.start(spec, new Box.Output());
        OutputStream stdin = box.runtime.stdin(spec.id());
        CompletableFuture<?> writing = writeTooMuch(stdin);

        stdin.close();

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> writing.get(20, TimeUnit.SECONDS))
                .withMessageContaining("the stream was closed");
        assertThatIOException().isThrownBy(() -> stdin.write(1)).withMessage("the stream was closed");
        box.runtime.delete(spec.id());
    }

    private static CompletableFuture<?> writeTooMuch(OutputStream stdin) {
        var result = new CompletableFuture<Void>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                stdin.write(new byte[1_000_000]);
                result.complete(null);
            } catch (IOException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }
}
