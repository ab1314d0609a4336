package io.flotilla.agent.runtime.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.runtime.ResourceUsage;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import io.flotilla.agent.runtime.spec.RuntimeSpecResourcesBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Limits the kernel enforces, and what it counts. */
class ContainerLimitsTest {
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

    private static Resources limits(@Nullable Long memoryBytes, @Nullable Long pids) {
        return RuntimeSpecResourcesBuilder.builder()
                .memoryLimitBytes(memoryBytes)
                .cpuShares(512L)
                .cpuQuotaMicros(50_000L)
                .cpuPeriodMicros(100_000L)
                .cpusetCpus("0")
                .pidsLimit(pids)
                .build();
    }

    private static final String LIMIT_FILES =
            "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory.max cpu/cpu.shares cpuset/cpuset.cpus pids/pids.max pids.max 2>/dev/null";

    @Test
    void limitsAreVisibleInTheContainer() throws Exception {
        Box.Result result = box.run(LIMIT_FILES, spec -> spec.withResources(limits(64 * MIB, 20L)));

        assertThat(result.out().lines()).contains("67108864", "20").doesNotContain("max");
    }

    @Test
    void containerThatTakesTooMuchMemoryIsReportedAsOomKilled() throws Exception {
        Box.Result result = box.run("exec tail /dev/zero", spec -> spec.withResources(limits(16 * MIB, null)));

        assertThat(result.code()).isEqualTo(137);
        assertThat(result.exit().oomKilled()).isTrue();
    }

    @Test
    void processesBeyondTheLimitAreRefused() throws Exception {
        Box.Result result = box.run(
                "for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; echo never",
                spec -> spec.withResources(limits(null, 5L)));

        assertThat(result.err()).contains("can't fork");
        assertThat(result.out()).isEmpty();
    }

    @Test
    void usageCountsWhatTheContainerDoes() throws Exception {
        RuntimeSpec spec =
                box.shell("seq 200000 > /tmp/x; sleep 60 & echo ready; wait").withResources(limits(64 * MIB, 20L));
        var output = new Box.Output();
        box.start(spec, output);
        output.awaitOut("ready");

        ResourceUsage usage = box.runtime.usage(spec.id()).orElseThrow();

        assertThat(usage.cpuTotalNanos()).isPositive().isLessThan(usage.systemCpuNanos());
        boolean tellsCores = Files.exists(Path.of("/sys/fs/cgroup/cpuacct/cpuacct.usage_percpu"));
        assertThat(usage.cpuPerCoreNanos()).hasSize(tellsCores ? usage.onlineCpus() : 0);
        assertThat(usage.cpuPerCoreNanos().stream().mapToLong(Long::longValue).sum())
                .isGreaterThanOrEqualTo(tellsCores ? usage.cpuTotalNanos() : 0);
        assertThat(usage.onlineCpus()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(usage.memoryLimitBytes()).isEqualTo(64 * MIB);
        assertThat(usage.memoryUsageBytes()).isBetween(1L, 64 * MIB);
        assertThat(usage.memoryStats()).isNotEmpty();
        assertThat(usage.pids()).isEqualTo(2);
        assertThat(usage.pidsLimit()).isEqualTo(20);
        assertThat(usage.interfaces()).isEmpty();
        box.runtime.delete(spec.id());
        assertThat(box.runtime.usage(spec.id())).isEmpty();
    }
}
