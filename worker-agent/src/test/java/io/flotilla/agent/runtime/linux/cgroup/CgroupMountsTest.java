package io.flotilla.agent.runtime.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CgroupMountsTest {
    private static final String TMPFS = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755";
    private static final String CPU =
            "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:3 - cgroup cgroup rw,cpu,cpuacct";
    private static final String MEMORY = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory";
    private static final String SYSTEMD =
            "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd";
    private static final String UNIFIED = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw";
    private static final String ONLY_UNIFIED = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate";

    @Test
    void hybridHostIsVersionOneWithEveryControllersHierarchy() throws IOException {
        CgroupMounts mounts = CgroupMounts.read(List.of(TMPFS, CPU, MEMORY, SYSTEMD, UNIFIED));

        assertThat(mounts.v1())
                .extracting(CgroupMounts.Hierarchy::root)
                .containsExactly(Path.of("/sys/fs/cgroup/cpu,cpuacct"), Path.of("/sys/fs/cgroup/memory"));
        assertThat(mounts.v1().getFirst().has("cpuacct")).isTrue();
        assertThat(mounts.cgroups()).isInstanceOf(CgroupsV1.class);
    }

    @Test
    void hostWithTheUnifiedHierarchyAloneIsVersionTwo() throws IOException {
        assertThat(CgroupMounts.read(List.of(ONLY_UNIFIED)).cgroups()).isInstanceOf(CgroupsV2.class);
    }

    @Test
    void hierarchyIsUsedOnceAndOnlyWhereItsRootIsMounted() {
        String again = "50 31 0:32 / /mnt/memory rw - cgroup cgroup rw,memory";
        String bound = "51 31 0:29 /docker/1 /mnt/cpu rw - cgroup cgroup rw,cpu,cpuacct";

        assertThat(CgroupMounts.read(List.of(bound, MEMORY, again)).v1())
                .extracting(CgroupMounts.Hierarchy::root)
                .containsExactly(Path.of("/sys/fs/cgroup/memory"));
    }

    @Test
    void hostWithoutCgroupsIsToldSo() {
        assertThatIOException()
                .isThrownBy(() -> CgroupMounts.read(List.of(TMPFS)).cgroups())
                .withMessage("no cgroup hierarchy is mounted; mount one at /sys/fs/cgroup");
    }
}
