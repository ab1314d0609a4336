package io.flotilla.agent.runtime.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpecResourcesBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What changes a container while it runs. */
class PauseTest {
    private static final long MIB = 1 << 20;

    private static Box box;

    @BeforeAll
    static void open() throws Exception {
        box = new Box();
    }

    @AfterAll
    static void close() throws Exception {
        box.close();
    }

    private static String cpuTicks(int pid) throws Exception {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" "));
        return fields.get(11) + " " + fields.get(12);
    }

    @Test
    void pausedContainerStandsStillUntilItGoesOn() throws Exception {
        RuntimeSpec spec = box.shell("echo ready; i=0; while test $i -lt 20000; do i=$((i+1)); done; echo done");
        var output = new Box.Output();
        int pid = box.start(spec, output).pid();
        output.awaitOut("ready");

        box.runtime.pause(spec.id());
        box.runtime.pause(spec.id());
        String before = cpuTicks(pid);
        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> box.run(spec, Box.exec("true")))
                .withMessage("Container " + spec.id() + " is paused, unpause the container before exec");
        assertThat(cpuTicks(pid)).isEqualTo(before);
        box.runtime.unpause(spec.id());
        box.runtime.unpause(spec.id());

        assertThat(box.exit(spec).exitCode()).isZero();
        assertThat(output.out()).endsWith("done\n");
        box.runtime.delete(spec.id());
    }

    @Test
    void pausedContainerCanBeRemoved() throws Exception {
        RuntimeSpec spec = box.command("sleep", "60");
        box.start(spec, new Box.Output());
        box.runtime.pause(spec.id());

        box.runtime.delete(spec.id());

        assertThat(box.runtime.known()).doesNotContain(spec.id());
    }

    @Test
    void limitsChangeWhileItRuns() throws Exception {
        RuntimeSpec spec = box.command("sleep", "60")
                .withResources(RuntimeSpecResourcesBuilder.builder()
                        .memoryLimitBytes(64 * MIB)
                        .memorySwapBytes(64 * MIB)
                        .pidsLimit(50L)
                        .build());
        box.start(spec, new Box.Output());

        box.runtime.update(
                spec.id(),
                RuntimeSpecResourcesBuilder.builder()
                        .memoryLimitBytes(128 * MIB)
                        .memorySwapBytes(256 * MIB)
                        .cpuQuotaMicros(50_000L)
                        .cpuPeriodMicros(100_000L)
                        .build());

        assertThat(box.runtime.usage(spec.id()).orElseThrow().memoryLimitBytes())
                .isEqualTo(128 * MIB);
        assertThat(box.runtime.usage(spec.id()).orElseThrow().pidsLimit()).isEqualTo(50);
        box.runtime.update(
                spec.id(),
                RuntimeSpecResourcesBuilder.builder()
                        .memoryLimitBytes(32 * MIB)
                        .memorySwapBytes(32 * MIB)
                        .build());
        assertThat(box.runtime.usage(spec.id()).orElseThrow().memoryLimitBytes())
                .isEqualTo(32 * MIB);
        box.runtime.delete(spec.id());
    }
}
