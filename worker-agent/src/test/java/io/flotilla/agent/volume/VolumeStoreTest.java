package io.flotilla.agent.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.container.Volumes.Wish;
import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.runtime.linux.HostMounts;
import io.flotilla.agent.volume.VolumeRefused.Reason;
import io.flotilla.bus.schema.Volume;
import io.flotilla.bus.schema.VolumeCreate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On real file systems, hence as root. */
class VolumeStoreTest implements VolumeNews {
    private static final Map<String, String> TMPFS =
            Map.of("type", "tmpfs", "device", "tmpfs", "o", "size=1m,mode=700");

    @TempDir
    Path folder;

    private final List<String> news = new ArrayList<>();
    private VolumeStore store;
    private ContainerVolumes volumes;
    private Snapshot root;

    VolumeStoreTest() {}

    @BeforeEach
    void open() throws IOException {
        openAgain();
        root = new Snapshot(
                List.of(
                        Files.createDirectories(folder.resolve("top")),
                        Files.createDirectories(folder.resolve("base"))),
                Files.createDirectories(folder.resolve("upper")),
                folder.resolve("work"));
    }

    /** As after the agent's death. */
    private void openAgain() throws IOException {
        Path sockets = Files.createDirectories(folder.resolve("plugins"));
        VolumeDrivers drivers = new VolumeDrivers(new PluginFolders(List.of(sockets), List.of(sockets)));
        store = VolumeStore.open(
                folder.resolve("volumes"), drivers, this, InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z")));
        volumes = new ContainerVolumes(store);
    }

    @AfterEach
    void leaveNothingMounted() throws IOException {
        for (Path mounted : HostMounts.below(folder).reversed()) {
            HostMounts.unmount(mounted);
        }
    }

    @Override
    public void made(Volume volume) {
        news.add("made " + volume.name());
    }

    @Override
    public void gone(String name) {
        news.add("gone " + name);
    }

    @Override
    public void event(String action, String name, Map<String, String> attributes) {
        news.add(action + " " + name + " " + attributes);
    }

    private static VolumeCreate named(String name, Map<String, String> options) {
        return new VolumeCreate(name, "", options, Map.of("a", "b"), null);
    }

    private static Wish wish(String name) {
        return new Wish(name, "", Map.of(), Map.of());
    }

    private Path content(String name) {
        return folder.resolve("volumes").resolve(name).resolve("_data");
    }

    @Test
    void aVolumeIsThereUntilItIsRemovedAlsoForTheNextAgent() throws Exception {
        Volume made = store.create(named("db", Map.of()));
        assertThat(made.mountpoint()).isEqualTo(content("db").toString());
        assertThat(made.labels()).containsExactly(Map.entry("a", "b"));
        assertThat(Files.getPosixFilePermissions(content("db")))
                .isEqualTo(PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(content("db").resolve("f"), "12345");

        assertThat(store.create(new VolumeCreate("db", "local", Map.of(), Map.of("x", "y"), null)))
                .as("what is there is answered as it is")
                .isEqualTo(made);
        openAgain();
        assertThat(store.list()).containsExactly(made);
        assertThat(store.usage()).singleElement().satisfies(usage -> assertThat(usage.sizeBytes())
                .isEqualTo(5));
        store.remove("db", false);

        assertThat(store.list()).isEmpty();
        assertThat(content("db")).doesNotExist();
        assertThat(news).containsExactly("made db", "create db {driver=local}", "gone db", "destroy db {driver=local}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "x|create x: volume name is too short, names should be at least two alphanumeric characters",
                "../x|create ../x: \"../x\" includes invalid characters for a local volume name, only"
                        + " \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use"
                        + " absolute path",
                ".new|create .new: \".new\" includes invalid characters for a local volume name, only"
                        + " \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use"
                        + " absolute path",
            })
    void aNameKeepsDockersRule(String name, String message) {
        assertThatThrownBy(() -> store.create(named(name, Map.of())))
                .isInstanceOf(VolumeRefused.class)
                .hasMessage(message);
    }

    @Test
    void optionsTheDriverDoesNotKnowAreRefusedAndLeaveNothing() {
        assertThatThrownBy(() -> store.create(named("db", Map.of("foo", "1"))))
                .hasMessage("create db: invalid option: \"foo\"");
        assertThatThrownBy(() -> store.create(named("db", Map.of("type", "tmpfs"))))
                .hasMessage("create db: missing required option: \"device\"");
        assertThatThrownBy(() -> store.create(named("db", Map.of("size", "1g"))))
                .hasMessage("create db: quota size requested but no quota support");
        assertThatThrownBy(() -> store.create(new VolumeCreate("db", "nope", Map.of(), Map.of(), null)))
                .hasMessage("create db: error looking up volume plugin nope: plugin \"nope\" not found")
                .satisfies(refused ->
                        assertThat(((VolumeRefused) refused).reason()).isEqualTo(Reason.NOT_FOUND));
        assertThat(store.list()).isEmpty();
        assertThat(folder.resolve("volumes/db")).doesNotExist();
        assertThat(news).isEmpty();
    }

    @Test
    void aVolumeInUseStaysAndNamesItsContainers() throws Exception {
        volumes.hold("c2", "/data", wish("db"));
        volumes.hold("c1", "/data", wish("db"));

        assertThatThrownBy(() -> store.remove("db", true)).hasMessage("remove db: volume is in use - [c1, c2]");
        volumes.release("c1", true);
        volumes.release("c2", true);
        store.remove("db", false);
        assertThatThrownBy(() -> store.remove("db", false)).hasMessage("get db: no such volume");
        store.remove("db", true);
    }

    @Test
    void anAnonymousVolumeBelongsToItsContainerAndTarget() throws Exception {
        Wish nameless = new Wish(null, "", Map.of(), Map.of());
        String name = volumes.hold("c1", "/data", nameless).name();
        String other = volumes.hold("c1", "/logs", nameless).name();
        openAgain();

        assertThat(name).matches("[0-9a-f]{64}").isNotEqualTo(other);
        assertThat(volumes.hold("c1", "/data", nameless).name()).isEqualTo(name);
        assertThat(store.list().getFirst().labels()).containsKey("com.docker.volume.anonymous");
        volumes.hold("c2", "/shared", wish(name));
        volumes.release("c1", true);
        assertThat(store.list())
                .as("others still use it")
                .extracting(Volume::name)
                .contains(name);
        volumes.release("c2", true);
        assertThat(store.list()).extracting(Volume::name).doesNotContain(name);
    }

    @Test
    void anEmptyVolumeGetsWhatTheImageHasThere() throws Exception {
        Path base = Files.createDirectories(root.lower().getLast().resolve("var/data"));
        Files.writeString(base.resolve("hidden"), "below");
        Files.writeString(base.resolve("kept"), "kept");
        Files.setAttribute(base.resolve("kept"), "unix:uid", 1234);
        Files.setAttribute(
                base.resolve("kept"), "user:note", "hello".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Files.createLink(base.resolve("again"), base.resolve("kept"));
        Files.createSymbolicLink(base.resolve("link"), Path.of("/etc/passwd"));
        Path top = Files.createDirectories(root.lower().getFirst().resolve("var/data"));
        Files.setPosixFilePermissions(top, PosixFilePermissions.fromString("rwxrwx---"));
        Files.setAttribute(top, "unix:gid", 77);
        Files.writeString(top.resolve("hidden"), "above");

        var volume = volumes.hold("c1", "/var/data", wish("db"));
        volumes.copyUp(volume, root, "/var/data");

        assertThat(Files.readString(content("db").resolve("hidden"))).isEqualTo("above");
        assertThat(Files.getAttribute(content("db").resolve("kept"), "unix:uid"))
                .isEqualTo(1234);
        assertThat(Files.getAttribute(content("db").resolve("kept"), "unix:nlink"))
                .isEqualTo(2);
        assertThat((byte[]) Files.getAttribute(content("db").resolve("kept"), "user:note"))
                .asString()
                .isEqualTo("hello");
        assertThat(Files.readSymbolicLink(content("db").resolve("link"))).isEqualTo(Path.of("/etc/passwd"));
        assertThat(Files.getPosixFilePermissions(content("db")))
                .isEqualTo(PosixFilePermissions.fromString("rwxrwx---"));
        assertThat(Files.getAttribute(content("db"), "unix:gid")).isEqualTo(77);

        Files.delete(content("db").resolve("hidden"));
        volumes.copyUp(volume, root, "/var/data");
        assertThat(content("db").resolve("hidden")).as("only on first use").doesNotExist();
        assertThat(folder.resolve("volumes/.work")).isEmptyDirectory();
        assertThat(HostMounts.below(folder)).isEmpty();
    }

    @Test
    void aVolumeThatRunsEmptyIsFilledWhereItIs() throws Exception {
        Files.writeString(Files.createDirectories(root.upper().resolve("data")).resolve("f"), "x");
        volumes.hold("c1", "/data", wish("db"));
        volumes.mount("c1");
        Object before = Files.getAttribute(content("db"), "unix:ino");

        volumes.copyUp(volumes.hold("c2", "/data", wish("db")), root, "/data");

        assertThat(content("db").resolve("f")).exists();
        assertThat(Files.getAttribute(content("db"), "unix:ino")).isEqualTo(before);
    }

    @Test
    void linksInTheImageLeadNowhereOutside() throws Exception {
        Path secret = Files.createDirectories(folder.resolve("secret"));
        Files.writeString(secret.resolve("key"), "secret");
        Files.createSymbolicLink(root.upper().resolve("data"), secret);
        Files.createSymbolicLink(root.upper().resolve("up"), Path.of("../../../../../.."));
        Files.writeString(root.upper().resolve("file"), "x");

        for (String path : List.of("/data", "/up" + secret, "/nothing", "/file")) {
            volumes.copyUp(volumes.hold("c1", "/v", wish("db")), root, path);
            assertThat(content("db")).as(path).isEmptyDirectory();
        }
    }

    @Test
    void aMountedVolumeIsMountedForItsContainersOnly() throws Exception {
        store.create(named("fast", TMPFS));
        Files.writeString(Files.createDirectories(root.upper().resolve("data")).resolve("f"), "x");
        volumes.copyUp(volumes.hold("c1", "/data", wish("fast")), root, "/data");
        volumes.hold("c2", "/data", wish("fast"));

        volumes.mount("c1");
        volumes.mount("c1");
        volumes.mount("c2");
        assertThat(HostMounts.below(folder)).containsExactly(content("fast"));
        assertThat(Files.getPosixFilePermissions(content("fast")))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        volumes.unmount("c1");
        volumes.unmount("c1");
        assertThat(HostMounts.below(folder)).hasSize(1);
        volumes.release("c2", false);
        assertThat(HostMounts.below(folder)).isEmpty();
        assertThat(news)
                .contains("mount fast {container=c1, destination=/data, driver=local}")
                .contains("unmount fast {container=c2, driver=local}");
    }

    @Test
    void whatACrashLeftMountedForNobodyIsUnmountedAndNothingBelowIsDeleted() throws Exception {
        Path source = Files.createDirectories(folder.resolve("precious"));
        Files.writeString(source.resolve("f"), "x");
        store.create(named("bound", Map.of("type", "none", "device", source.toString(), "o", "bind")));
        volumes.hold("c1", "/data", wish("bound"));
        volumes.mount("c1");
        assertThat(content("bound").resolve("f")).exists();

        openAgain();
        volumes.adopt(List.of());
        assertThat(HostMounts.below(folder)).isEmpty();
        store.remove("bound", false);

        assertThat(source.resolve("f")).exists();
    }

    @Test
    void aMountThatFailsSaysWhyAndHidesPasswords() throws Exception {
        store.create(named("net", Map.of("type", "nosuchfs", "device", "//h/s", "o", "username=u,password=secret")));
        volumes.hold("c1", "/data", wish("net"));

        assertThatThrownBy(() -> volumes.mount("c1"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("failed to mount local volume: mount //h/s:" + content("net")
                        + ", data: username=u,password=********: ");
        assertThat(news).noneMatch(said -> said.startsWith("mount"));
    }

    @Test
    void aSubpathStaysInItsVolume() throws Exception {
        var volume = volumes.hold("c1", "/data", wish("db"));
        Files.createDirectories(content("db").resolve("a/b"));
        Files.createSymbolicLink(content("db").resolve("out"), folder);
        Files.createSymbolicLink(content("db").resolve("in"), Path.of("a"));

        assertThat(volumes.subpath(volume, "in/b")).isEqualTo(content("db").resolve("a/b"));
        for (String subpath : List.of("out", "out/volumes", "../..", "a/../../_data/../..")) {
            assertThatThrownBy(() -> volumes.subpath(volume, subpath))
                    .isInstanceOf(PlanRefused.class)
                    .hasMessageEndingWith("leads out of volume \"db\"");
        }
        Files.writeString(content("db").resolve("file"), "");
        for (String subpath : List.of("none", "file/x")) {
            assertThatThrownBy(() -> volumes.subpath(volume, subpath))
                    .hasMessageContaining("no such file or directory");
        }
    }

    @Test
    void aHalfMadeOrHalfRemovedVolumeIsGoneAfterACrash() throws Exception {
        store.create(named("db", Map.of()));
        Files.createDirectories(folder.resolve("volumes/.new/volume1/_data"));
        Files.createDirectories(folder.resolve("volumes/.removed/volume2/x/_data"));
        Files.createDirectories(folder.resolve("volumes/flat123/0"));

        openAgain();

        assertThat(store.list()).extracting(Volume::name).containsExactly("db");
        try (var left = Files.walk(folder.resolve("volumes"))) {
            assertThat(left.filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)))
                    .hasSize(6);
        }
    }

    @Test
    void aPluginMountsItsVolumesForTheFirstContainer() throws Exception {
        Path socket = folder.resolve("plugins/fake.sock");
        try (FakePlugin plugin = new FakePlugin(socket, folder.resolve("remote"))) {
            Volume made = store.create(new VolumeCreate("db", "fake", Map.of("k", "v"), Map.of(), null));
            assertThat(made.scope()).isEqualTo("global");
            assertThatThrownBy(() -> store.create(new VolumeCreate("db", "local", Map.of(), Map.of(), null)))
                    .hasMessage("create db: driver 'fake' already has volume 'db': volume name must be unique");
            volumes.hold("c1", "/data", wish("db"));
            volumes.hold("c2", "/data", wish("db"));
            volumes.mount("c1");
            volumes.mount("c2");
            Files.writeString(content("db").resolve("f"), "x");
            assertThat(folder.resolve("remote/db/f")).exists();
            volumes.release("c1", false);
            volumes.release("c2", false);
            plugin.failIn("VolumeDriver.Remove");
            assertThatThrownBy(() -> store.remove("db", false)).hasMessage("VolumeDriver.Remove: out of order");
            assertThat(store.list()).hasSize(1);
            plugin.failIn("");
            store.remove("db", false);

            assertThat(folder.resolve("remote/db/f")).exists();
            assertThat(plugin.calls)
                    .containsExactly(
                            "Plugin.Activate ",
                            "VolumeDriver.Capabilities ",
                            "VolumeDriver.Create db",
                            "VolumeDriver.Mount db",
                            "VolumeDriver.Unmount db",
                            "VolumeDriver.Remove db",
                            "VolumeDriver.Remove db");
        }
        assertThatThrownBy(() -> store.create(new VolumeCreate("later", "fake", Map.of(), Map.of(), null)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("plugin fake is not there");
        assertThat(store.list()).isEmpty();
    }
}
