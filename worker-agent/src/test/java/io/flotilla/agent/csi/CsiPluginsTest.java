package io.flotilla.agent.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.csi.plugin.CsiPlugins;
import io.flotilla.agent.csi.plugin.PluginFailure;
import io.flotilla.bus.schema.NodeCSIInfo;
import io.flotilla.bus.schema.Topology;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsiPluginsTest {
    private Instant now = Instant.EPOCH;
    private Path folder;
    private CsiPlugins plugins;

    @BeforeEach
    void open(@TempDir Path temporary) {
        folder = temporary;
        plugins = new CsiPlugins(folder.resolve("plugins"), () -> now);
    }

    @AfterEach
    void close() {
        plugins.close();
    }

    private Path socket(String name) {
        return folder.resolve("plugins").resolve(name).resolve(CsiPlugins.SOCKET);
    }

    private FolderCsiPlugin start(String name) throws Exception {
        return new FolderCsiPlugin(socket(name), folder.resolve("volumes"), "host1", Map.of("zone", "z1"));
    }

    @Test
    void pluginIsKnownByWhatItSaysOfItself() throws Exception {
        assertThat(plugins.look()).isFalse();
        try (FolderCsiPlugin plugin = start("any")) {
            plugin.mostVolumes = 7;
            assertThat(plugins.look()).isTrue();
            assertThat(plugins.known())
                    .containsExactly(new NodeCSIInfo(
                            FolderCsiPlugin.DRIVER, "host1", 7L, new Topology(Map.of("zone", "z1")), true));
            assertThat(plugins.node(FolderCsiPlugin.DRIVER).stages()).isTrue();
            int asked = plugin.called.size();
            assertThat(plugins.look()).isFalse();
            assertThat(plugin.called).hasSize(asked);
        }
    }

    @Test
    void pluginThatWentIsNoneAndOneThatCameAgainIsOne() throws Exception {
        try (FolderCsiPlugin plugin = start("any")) {
            assertThat(plugin.called).isEmpty();
            assertThat(plugins.look()).isTrue();
        }
        assertThat(plugins.look()).isTrue();
        assertThat(plugins.known()).isEmpty();
        assertThatThrownBy(() -> plugins.controller(FolderCsiPlugin.DRIVER))
                .isInstanceOf(PluginFailure.class)
                .hasMessage("no controller of the CSI plugin csi.example.org answers on this node");
        try (FolderCsiPlugin plugin = start("any")) {
            assertThat(plugins.look()).isTrue();
            assertThat(plugins.known()).hasSize(1);
            assertThat(plugin.called).isNotEmpty();
        }
    }

    @Test
    void pluginThatDoesNotAnswerIsAskedAgainAndTheReasonIsTold() throws Exception {
        Files.createDirectories(socket("dead").getParent());
        // a socket whose process is gone
        try (ServerSocketChannel left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(socket("dead")));
        }
        try (FolderCsiPlugin plugin = start("starting")) {
            Path failing = Files.writeString(folder.resolve("volumes/fail-probe"), "no disk yet");
            plugins.look();
            assertThat(plugins.known()).isEmpty();
            assertThatThrownBy(() -> plugins.node(FolderCsiPlugin.DRIVER))
                    .hasMessageStartingWith("no CSI plugin csi.example.org answers on this node; CSI plugin "
                            + socket("dead") + ": GetPluginInfo: UNAVAILABLE")
                    .hasMessageEndingWith("CSI plugin csi.example.org: Probe: INTERNAL: no disk yet");
            Files.delete(failing);
            int asked = plugin.called.size();
            plugins.look();
            assertThat(plugin.called).as("asked again at once").hasSize(asked);
            now = now.plusSeconds(2);
            assertThat(plugins.look()).isTrue();
            assertThat(plugins.known()).hasSize(1);
        }
    }

    @Test
    void pluginThatDiedIsNoneAlthoughItsSocketIsThere() throws Exception {
        // under another name it does not take it away as it ends, as one that is killed
        Path aside = folder.resolve("aside");
        try (FolderCsiPlugin plugin = new FolderCsiPlugin(aside, folder.resolve("volumes"), "host1", Map.of())) {
            Files.createDirectories(socket("any").getParent());
            Files.move(aside, socket("any"));
            plugins.look();
            assertThat(plugins.known()).hasSize(1);
            assertThat(plugin.called).isNotEmpty();
        }
        assertThat(socket("any")).exists();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!plugins.look()) {
            assertThat(System.nanoTime()).as("it is still one").isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
        assertThat(plugins.known()).isEmpty();
    }

    @Test
    void pluginThatStopsAnsweringIsNoneFromTheNextTimeItIsAsked() throws Exception {
        try (FolderCsiPlugin plugin = start("any")) {
            plugins.look();
            Files.writeString(folder.resolve("volumes/fail-probe"), "the store is away");
            now = now.plusSeconds(30);
            assertThat(plugins.look()).isTrue();
            assertThat(plugins.known()).isEmpty();
            assertThat(plugin.called).contains("probe");
        }
    }

    @Test
    void socketOfTooLongAPathIsToldOf() throws Exception {
        Path deep = folder.resolve("d".repeat(100));
        try (CsiPlugins far = new CsiPlugins(deep, () -> now);
                ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            Path real = folder.resolve("s");
            server.bind(UnixDomainSocketAddress.of(real));
            Files.createDirectories(deep.resolve("any"));
            Files.move(real, deep.resolve("any").resolve(CsiPlugins.SOCKET));
            far.look();
            assertThatThrownBy(() -> far.node("x")).hasMessageContaining("longer than the 107 bytes");
        }
    }
}
