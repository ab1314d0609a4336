package io.flotilla.agent.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.PluginsInfo;
import io.flotilla.bus.schema.SystemInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node says of itself to docker info. */
class NodeInfoTest {
    private Path root;

    @BeforeEach
    void prepare(@TempDir Path folder) {
        root = folder;
    }

    private void file(String path, String content) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private SystemInfo info(Map<String, Path> runtimes) throws IOException {
        file("proc/meminfo", "MemTotal:       1024 kB\n");
        return NodeInfo.of(
                HostFacts.read(root),
                "web1",
                root,
                "1.0",
                List.of(),
                List.of(),
                0,
                List.of("nfs", "disks"),
                runtimes,
                Instant.EPOCH);
    }

    @Test
    void installedOciRuntimesAreListedBesideOurOwn() throws IOException {
        assertThat(info(Map.of()).runtimes()).containsOnlyKeys("flotilla");
        SystemInfo info = info(Map.of("crun", Path.of("/usr/bin/crun")));
        assertThat(info.runtimes()).containsOnlyKeys("crun", "flotilla");
        assertThat(info.runtimes())
                .hasEntrySatisfying("crun", crun -> assertThat(crun.path()).isEqualTo("/usr/bin/crun"));
        assertThat(info.defaultRuntime()).isEqualTo("flotilla");
    }

    @Test
    void volumePluginsAreListedBesideLocal() throws IOException {
        PluginsInfo plugins = Objects.requireNonNull(info(Map.of()).plugins());
        assertThat(plugins.volume()).containsExactly("disks", "local", "nfs");
    }

    @Test
    void appArmorIsASecurityOptionWhereTheKernelHasIt() throws IOException {
        assertThat(info(Map.of()).securityOptions()).containsExactly("name=seccomp,profile=builtin", "name=cgroupns");
        file("sys/module/apparmor/parameters/enabled", "Y\n");
        assertThat(info(Map.of()).securityOptions()).contains("name=apparmor");
    }

    @Test
    void whatAHostLacksIsAWarning() throws IOException {
        assertThat(info(Map.of()).warnings()).isEmpty();
        file("proc/self/mounts", "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n");
        assertThat(info(Map.of()).warnings()).containsExactly("WARNING: No swap limit support");
        file("sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", "1\n");
        assertThat(info(Map.of()).warnings()).isEmpty();
    }
}
