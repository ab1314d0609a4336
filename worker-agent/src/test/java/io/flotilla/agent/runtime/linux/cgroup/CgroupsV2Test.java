package io.flotilla.agent.runtime.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.flotilla.agent.runtime.ResourceUsage.BlockDevice;
import io.flotilla.agent.runtime.spec.RuntimeSpec.DeviceRate;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Resources;
import io.flotilla.agent.runtime.spec.RuntimeSpecResourcesBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Version 2 on a folder of plain files, as hosts with it alone aren't everywhere. */
class CgroupsV2Test {
    private static final String GROUP = "flotilla-a/c1";

    private final Path root;
    private final List<Path> gated = new ArrayList<>();
    private final CgroupsV2 cgroups;

    CgroupsV2Test(@TempDir Path root) throws IOException {
        this.root = root;
        cgroups = new CgroupsV2(root, (group, rules) -> gated.add(group));
        for (String folder : List.of("", "flotilla-a")) {
            Files.createDirectories(root.resolve(folder));
            put(folder + "/cgroup.controllers", "cpu io memory pids hugetlb");
            put(folder + "/cgroup.subtree_control", "");
        }
        for (String file : List.of(
                "memory.max", "memory.swap.max", "memory.low", "cpu.weight", "cpu.max", "pids.max", "cgroup.kill")) {
            put(GROUP + "/" + file, "");
        }
    }

    @Test
    void controllersArePassedDownToTheGroupButNotIntoIt() throws IOException {
        cgroups.create(GROUP, Resources.UNLIMITED, List.of());

        assertThat(root.resolve("cgroup.subtree_control")).hasContent("+cpu +io +memory +pids");
        assertThat(root.resolve("flotilla-a/cgroup.subtree_control")).hasContent("+cpu +io +memory +pids");
        assertThat(root.resolve(GROUP + "/cgroup.subtree_control")).doesNotExist();
    }

    @Test
    void limitsAreConvertedFromDockersUnits() throws IOException {
        cgroups.create(
                GROUP,
                RuntimeSpecResourcesBuilder.builder()
                        .memoryLimitBytes(1000L)
                        .memoryReservationBytes(500L)
                        .memorySwapBytes(3000L)
                        .cpuShares(1024L)
                        .cpuQuotaMicros(50_000L)
                        .cpuPeriodMicros(100_000L)
                        .pidsLimit(12L)
                        .build(),
                List.of());

        assertThat(root.resolve(GROUP + "/memory.max")).hasContent("1000");
        assertThat(root.resolve(GROUP + "/memory.swap.max")).hasContent("2000");
        assertThat(root.resolve(GROUP + "/memory.low")).hasContent("500");
        assertThat(root.resolve(GROUP + "/cpu.weight")).hasContent("39");
        assertThat(root.resolve(GROUP + "/cpu.max")).hasContent("50000 100000");
        assertThat(root.resolve(GROUP + "/pids.max")).hasContent("12");
    }

    @Test
    void blockDevicesAreThrottledAndWeighed() throws IOException {
        for (String file : List.of("io.max", "io.weight", "memory.high")) {
            put(GROUP + "/" + file, "");
        }
        var device = new DeviceRate(8, 16, 1 << 20);

        cgroups.create(
                GROUP,
                RuntimeSpecResourcesBuilder.builder()
                        .blkioWeight(1000)
                        .blkioReadBytesPerSecond(List.of(device))
                        .unified(Map.of("memory.high", "4096"))
                        .build(),
                List.of());

        assertThat(root.resolve(GROUP + "/io.weight")).hasContent("default 10000");
        assertThat(root.resolve(GROUP + "/io.max")).hasContent("8:16 rbps=1048576");
        assertThat(root.resolve(GROUP + "/memory.high")).hasContent("4096");
        assertThat(CgroupsV2.ioWeight(10)).isEqualTo(1);
    }

    @Test
    void whatVersionTwoHasNotIsRefusedByName() {
        assertThatIOException()
                .isThrownBy(() -> cgroups.create(GROUP, Resources.UNLIMITED.withMemorySwappiness(60L), List.of()))
                .withMessage("memory swappiness is not possible on this host: it has cgroup version 2");
        assertThatIOException()
                .isThrownBy(() -> cgroups.create(GROUP, Resources.UNLIMITED.withOomKillDisable(true), List.of()))
                .withMessageStartingWith("disabling the out-of-memory killer is not possible");
    }

    @Test
    void freezingWaitsUntilTheKernelSaysSo() throws IOException {
        put(GROUP + "/cgroup.freeze", "0");
        put(GROUP + "/cgroup.events", "populated 1\nfrozen 1\n");
        assertThat(cgroups.frozen(GROUP)).isFalse();

        cgroups.freeze(GROUP, true);

        assertThat(root.resolve(GROUP + "/cgroup.freeze")).hasContent("1");
        assertThat(cgroups.frozen(GROUP)).isTrue();
    }

    @Test
    void devicesAreDeniedToTheGroupBeforeAProcessIsInIt() throws IOException {
        cgroups.create(GROUP, Resources.UNLIMITED, List.of());

        assertThat(gated).containsExactly(root.resolve(GROUP));
    }

    @Test
    void sharesCoverTheWholeRangeOfWeights() {
        assertThat(CgroupsV2.weight(2)).isEqualTo(1);
        assertThat(CgroupsV2.weight(262_144)).isEqualTo(10_000);
    }

    @Test
    void limitWithoutItsControllerIsRefusedByName() {
        var cpuset = Resources.UNLIMITED.withCpusetCpus("0");

        assertThatIOException()
                .isThrownBy(() -> cgroups.create(GROUP, cpuset, List.of()))
                .withMessage("cannot set cpuset.cpus to 0: this host has no such cgroup controller");
    }

    @Test
    void killReachesTheWholeGroupAtOnce() throws IOException {
        assertThat(cgroups.killAll(GROUP)).isTrue();

        assertThat(root.resolve(GROUP + "/cgroup.kill")).hasContent("1");
    }

    @Test
    void outOfMemoryKillsAreSeen() throws IOException {
        put(GROUP + "/memory.events", "low 0\noom 1\noom_kill 0\n");
        assertThat(cgroups.oomKilled(GROUP)).isFalse();

        put(GROUP + "/memory.events", "low 0\noom 1\noom_kill 1\n");
        assertThat(cgroups.oomKilled(GROUP)).isTrue();
    }

    @Test
    void countersAreInDockersUnits() throws IOException {
        put(
                GROUP + "/cpu.stat",
                "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 7\nnr_throttled 1\nthrottled_usec 9\n");
        put(GROUP + "/memory.current", "4096\n");
        put(GROUP + "/memory.max", "max\n");
        put(GROUP + "/memory.stat", "anon 1\nfile 2\n");
        put(GROUP + "/pids.current", "3\n");
        put(GROUP + "/pids.max", "max\n");
        put(GROUP + "/io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n");

        CgroupUsage usage = cgroups.usage(GROUP);

        assertThat(usage.cpu()).isEqualTo(new CgroupUsage.Cpu(5000, 3000, 2000, List.of(), 7, 1, 9000));
        assertThat(usage.memory().usageBytes()).isEqualTo(4096);
        assertThat(usage.memory().limitBytes()).isEqualTo(Long.MAX_VALUE);
        assertThat(usage.memory().stats()).containsEntry("anon", 1L).containsEntry("file", 2L);
        assertThat(usage.pids()).isEqualTo(3);
        assertThat(usage.blockDevices()).containsEntry("8:0", new BlockDevice(1, 2, 3, 4));
    }

    @Test
    void processesBelowTheGroupCountToo() throws IOException {
        put(GROUP + "/cgroup.procs", "10\n11\n");
        put(GROUP + "/nested/cgroup.procs", "12\n");

        assertThat(cgroups.processes(GROUP)).containsExactlyInAnyOrder(10, 11, 12);
        assertThat(cgroups.processes("flotilla-a/gone")).isEmpty();
    }

    private void put(String file, String content) throws IOException {
        Path path = root.resolve(file.startsWith("/") ? file.substring(1) : file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }
}
