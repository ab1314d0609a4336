package io.flotilla.agent.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumePluginsTest {
    private Instant now = Instant.EPOCH;

    @Test
    void pluginsThatDriveVolumesAreFoundByTheirHandshakeOnceEach(@TempDir Path folder) throws Exception {
        VolumePlugins plugins = new VolumePlugins(new PluginFolders(List.of(folder), List.of(folder)), () -> now);
        assertThat(plugins.look()).isEmpty();
        Files.writeString(folder.resolve("broken.spec"), "nowhere");
        Files.writeString(folder.resolve("away.spec"), "unix://" + folder.resolve("away-socket"));
        Files.createDirectories(folder.resolve("remote"));
        try (FakePlugin network = new FakePlugin(folder.resolve("net.sock"), folder);
                FakePlugin disks = new FakePlugin(folder.resolve("disks.sock"), folder);
                FakePlugin remote = new FakePlugin(folder.resolve("remote/remote.sock"), folder)) {
            network.implemented = "NetworkDriver";
            assertThat(plugins.look()).containsExactly("disks", "remote");
            assertThat(plugins.look()).containsExactly("disks", "remote");
            assertThat(network.calls).containsExactly("Plugin.Activate ");
            assertThat(disks.calls).containsExactly("Plugin.Activate ");
            assertThat(remote.calls).hasSize(1);
        }
        try (FakePlugin late = new FakePlugin(folder.resolve("away-socket"), folder)) {
            assertThat(plugins.look()).doesNotContain("away");
            now = now.plusSeconds(30);
            assertThat(plugins.look()).contains("away");
            assertThat(late.calls).hasSize(1);
        }
        Files.delete(folder.resolve("disks.sock"));
        assertThat(plugins.known()).contains("disks");
        assertThat(plugins.look()).doesNotContain("disks");
        assertThat(plugins.known()).doesNotContain("disks");
    }
}
