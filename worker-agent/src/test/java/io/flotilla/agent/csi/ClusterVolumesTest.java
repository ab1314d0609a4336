package io.flotilla.agent.csi;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.csi.plugin.CsiPlugins;
import io.flotilla.agent.runtime.linux.HostMounts;
import io.flotilla.agent.value.HeldValues;
import io.flotilla.bus.assignment.Assignment.ControlVolume;
import io.flotilla.bus.assignment.Assignment.PublishVolume;
import io.flotilla.bus.assignment.Assignment.VolumeSecret;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.report.Report.ClusterVolumeControlled;
import io.flotilla.bus.report.Report.ClusterVolumeObserved;
import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpec.AccessMode;
import io.flotilla.bus.schema.ClusterVolumeSpec.MountVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec.Scope;
import io.flotilla.bus.schema.ClusterVolumeSpec.Sharing;
import io.flotilla.bus.schema.ClusterVolumeSpecBuilder;
import io.flotilla.bus.schema.SwarmVolume.OperationKind;
import io.flotilla.bus.schema.Topology;
import io.flotilla.bus.schema.VolumeAttachment;
import io.flotilla.bus.seal.NodeKey;
import io.flotilla.bus.seal.NodeSeal;
import io.flotilla.bus.seal.UnsealException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Volumes of a plugin that makes real mounts; needs root. */
class ClusterVolumesTest {
    private static final String ID = "vol1";
    private static final NodeKey KEY = NodeKey.of(new byte[32]);
    private static final AccessMode ONE_TASK =
            new AccessMode(Scope.SINGLE, Sharing.NONE, new MountVolume(null, List.of()), null);
    private static final List<VolumeAttachment> DATA = List.of(new VolumeAttachment(ID, "data", "/data"));

    private final BlockingQueue<Report> reports = new LinkedBlockingQueue<>();
    private final Queue<Throwable> bugs = new ConcurrentLinkedQueue<>();
    /** Of times somebody asked whether the node is heard while it was not. */
    private final BlockingQueue<Boolean> heldBack = new LinkedBlockingQueue<>();

    private volatile boolean heard = true;
    private Path folder;
    private CsiPlugins plugins;
    private ClusterVolumes volumes;

    @BeforeEach
    void open(@TempDir Path temporary) throws IOException {
        folder = temporary;
        Files.createDirectories(folder.resolve("store/volumes").resolve(ID));
        start();
    }

    @AfterEach
    void close() throws IOException {
        stop();
        ClusterVolumes.unmountAll(csi());
        assertThat(HostMounts.below(folder)).isEmpty();
        assertThat(bugs).isEmpty();
    }

    private Path csi() {
        return folder.resolve("csi");
    }

    private Path store() {
        return folder.resolve("store");
    }

    private Path published() {
        return csi().resolve("volumes").resolve(ID).resolve("published");
    }

    private void start(String... tasksWithData) throws IOException {
        plugins = new CsiPlugins(ClusterVolumes.plugins(csi()), InstantSource.system());
        volumes = new ClusterVolumes(new ClusterVolumes.Parts(
                "node1", csi(), plugins, HeldValues.open(folder.resolve("values"), KEY), bugs::add));
        volumes.start(new ClusterVolumes.Host() {
            @Override
            public void report(String about, Report report) {
                reports.add(report);
            }

            @Override
            public boolean isHeard() {
                if (!heard) {
                    heldBack.add(true);
                }
                return heard;
            }

            @Override
            public void volumeChanged() {}
        });
        for (String task : tasksWithData) {
            volumes.adopt(task, DATA);
        }
        volumes.begin();
    }

    private void stop() {
        volumes.close();
        plugins.close();
    }

    private FolderCsiPlugin plugin() throws IOException {
        FolderCsiPlugin plugin = new FolderCsiPlugin(
                ClusterVolumes.plugins(csi()).resolve("folder").resolve(CsiPlugins.SOCKET),
                store(),
                "host1",
                Map.of("zone", "z1"));
        plugins.look();
        volumes.pluginsChanged();
        return plugin;
    }

    private void fail(String call, String reason) throws IOException {
        Files.writeString(store().resolve("fail-" + call), reason);
    }

    private void heal(String call) throws IOException {
        Files.delete(store().resolve("fail-" + call));
        volumes.pluginsChanged();
    }

    private PublishVolume here(long number, boolean published, AccessMode mode) {
        return new PublishVolume(
                ID,
                number,
                published,
                "data",
                FolderCsiPlugin.DRIVER,
                mode,
                new ClusterVolume.Info(0L, Map.of(), ID, List.of()),
                Map.of("folder", store().resolve("volumes").resolve(ID).toString()),
                List.of());
    }

    private PublishVolume here(long number, boolean published) {
        return here(number, published, ONE_TASK);
    }

    private static ControlVolume control(long number, OperationKind kind, List<VolumeSecret> secrets) {
        ClusterVolumeSpec spec = ClusterVolumeSpecBuilder.builder()
                .accessMode(ONE_TASK)
                .accessibilityRequirements(new ClusterVolumeSpec.TopologyRequirement(
                        List.of(new Topology(Map.of("zone", "z1"))), List.of()))
                .capacityRange(new ClusterVolumeSpec.CapacityRange(1024L, null))
                .build();
        ClusterVolume.Info made =
                kind == OperationKind.CREATE ? null : new ClusterVolume.Info(1024L, Map.of(), "new1", List.of());
        return new ControlVolume(
                "new1",
                number,
                kind,
                "new1",
                FolderCsiPlugin.DRIVER,
                Map.of("tier", "fast"),
                spec,
                made,
                kind == OperationKind.PUBLISH || kind == OperationKind.UNPUBLISH ? "host1" : null,
                secrets);
    }

    private ClusterVolumeObserved seen(Predicate<ClusterVolumeObserved> wanted) throws InterruptedException {
        return await(ClusterVolumeObserved.class, wanted);
    }

    private ClusterVolumeControlled answered(long number) throws InterruptedException {
        return await(ClusterVolumeControlled.class, seen -> seen.number() == number);
    }

    private <T extends Report> T await(Class<T> type, Predicate<T> wanted) throws InterruptedException {
        while (true) {
            Report report = reports.poll(20, TimeUnit.SECONDS);
            assertThat(report).as("the report waited for").isNotNull();
            if (type.isInstance(report) && wanted.test(type.cast(report))) {
                return type.cast(report);
            }
        }
    }

    private void mounted(long number) throws InterruptedException {
        assertThat(seen(each -> each.number() == number && each.published()).failure())
                .isNull();
    }

    @Test
    void volumeIsMadePublishedTakenBackAndDeletedByThePluginsController() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(control(1, OperationKind.CREATE, List.of()));
            ClusterVolume.Info made = Objects.requireNonNull(answered(1).info());
            assertThat(made)
                    .isEqualTo(new ClusterVolume.Info(
                            1024L, Map.of("tier", "fast"), "new1", List.of(new Topology(Map.of("zone", "z1")))));
            volumes.take(control(2, OperationKind.PUBLISH, List.of()));
            assertThat(answered(2).publishContext())
                    .containsEntry("folder", plugin.content("new1").toString());
            volumes.take(control(3, OperationKind.DELETE, List.of()));
            assertThat(answered(3).failure())
                    .startsWith("CSI plugin csi.example.org: DeleteVolume: FAILED_PRECONDITION: it is published");
            volumes.take(control(4, OperationKind.UNPUBLISH, List.of()));
            assertThat(answered(4).failure()).isNull();
            volumes.take(control(5, OperationKind.DELETE, List.of()));
            assertThat(answered(5).failure()).isNull();
            assertThat(plugin.content("new1")).doesNotExist();
            volumes.withdrawCall("new1");
        }
    }

    @Test
    void failedCallIsToldWithoutItsSecretAndMadeAgainUntilItIsAnswered() throws Exception {
        fail("create", "the key SECRETS is wrong");
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(control(1, OperationKind.CREATE, List.of(secret("hunter2"))));
            assertThat(answered(1).failure())
                    .isEqualTo("CSI plugin csi.example.org: CreateVolume: INTERNAL: the key [***] is wrong");
            Files.delete(store().resolve("fail-create"));
            assertThat(answered(1).failure()).isNull();
            assertThat(plugin.called.stream().filter("create new1"::equals)).hasSize(2);
        }
    }

    private static VolumeSecret secret(String value) throws UnsealException {
        byte[] ephemeral = new byte[32];
        ephemeral[0] = 9;
        return new VolumeSecret(
                "password",
                "disk-key",
                NodeSeal.seal(KEY.publicKey(), "secret/disk-key", value.getBytes(StandardCharsets.UTF_8), ephemeral),
                null);
    }

    @Test
    void secretThatCanNotBeHadIsNamedAndThePluginIsNotCalled() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(control(
                    1,
                    OperationKind.CREATE,
                    List.of(new VolumeSecret("password", "disk-key", null, "it was removed"))));
            assertThat(answered(1).failure()).isEqualTo("secret disk-key: it was removed");
            assertThat(plugin.called).doesNotContain("create new1");
        }
    }

    /** Another node may have been asked in its place. */
    @Test
    void nodeThatIsNotHeardHoldsItsCallsBackUntilItIs() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            heard = false;
            volumes.take(control(1, OperationKind.CREATE, List.of()));
            assertThat(heldBack.poll(20, TimeUnit.SECONDS)).isTrue();
            volumes.reportAll();
            assertThat(heldBack.poll(20, TimeUnit.SECONDS)).isTrue();
            assertThat(plugin.called).doesNotContain("create new1");
            assertThat(reports).isEmpty();
            heard = true;
            volumes.reportAll();
            assertThat(answered(1).failure()).isNull();
        }
    }

    @Test
    void callTakenBackIsNotMadeAnyMore() throws Exception {
        volumes.take(control(1, OperationKind.CREATE, List.of()));
        assertThat(answered(1).failure())
                .isEqualTo("no controller of the CSI plugin csi.example.org answers on this node");
        volumes.withdrawCall("new1");
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(here(1, true));
            mounted(1);
            assertThat(plugin.called).doesNotContain("create new1");
        }
    }

    @Test
    void publishedVolumeIsMountedForTasksAndLetGoOfWhenNoneHoldsIt() throws Exception {
        assertThat(volumes.lack(DATA))
                .isEqualTo("waiting for volume data: the managers have yet to publish it to this node");
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(here(1, true));
            mounted(1);
            assertThat(volumes.lack(DATA)).isNull();
            Path path = volumes.hold("task1", DATA).getFirst().path();
            Files.writeString(path.resolve("file"), "kept");
            assertThat(plugin.content(ID).resolve("file")).hasContent("kept");
            volumes.take(here(1, false));
            assertThat(seen(each -> each.failure() != null).failure()).isEqualTo("it is still used by task task1");
            assertThat(path.resolve("file")).hasContent("kept");
            volumes.release("task1");
            ClusterVolumeObserved gone = seen(each -> !each.published());
            assertThat(gone).isEqualTo(new ClusterVolumeObserved("node1", ID, 1, false, null));
            assertThat(volumes.lack(DATA)).isEqualTo("waiting for volume data: it is on its way out of this node");
            assertThat(csi().resolve("volumes")).isEmptyDirectory();
            assertThat(HostMounts.below(folder)).isEmpty();
            assertThat(plugin.content(ID).resolve("file")).hasContent("kept");
            assertThat(plugin.called)
                    .containsSubsequence("stage vol1", "publish vol1", "unpublish vol1", "unstage vol1");
        }
    }

    @Test
    void volumeWaitsForItsPluginAndTasksAreToldWhy() throws Exception {
        volumes.take(here(1, true));
        assertThat(seen(each -> true).failure()).isEqualTo("no CSI plugin csi.example.org answers on this node");
        assertThat(volumes.lack(DATA))
                .isEqualTo("waiting for volume data: no CSI plugin csi.example.org answers on this node");
        assertThat(volumes.hold("task1", DATA)).isEmpty();
        fail("stage", "no disk");
        try (FolderCsiPlugin plugin = plugin()) {
            assertThat(seen(each -> true).failure())
                    .isEqualTo("CSI plugin csi.example.org: NodeStageVolume: INTERNAL: no disk");
            heal("stage");
            mounted(1);
            assertThat(plugin.called).contains("publish vol1");
        }
    }

    @Test
    void volumeThatWasNeverMountedIsLetGoOfWithoutItsPlugin() throws Exception {
        volumes.take(here(3, false));
        assertThat(seen(each -> true)).isEqualTo(new ClusterVolumeObserved("node1", ID, 3, false, null));
    }

    @Test
    void pluginThatIsAwayHoldsUpTheEndOfAVolumeAndSoDoesOneThatFails() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(here(1, true));
            mounted(1);
            assertThat(plugin.called).contains("publish vol1");
        }
        plugins.look();
        volumes.take(here(1, false));
        assertThat(seen(each -> true))
                .isEqualTo(new ClusterVolumeObserved(
                        "node1", ID, 1, true, "no CSI plugin csi.example.org answers on this node"));
        fail("unstage", "busy");
        try (FolderCsiPlugin plugin = plugin()) {
            assertThat(seen(each -> true).failure())
                    .isEqualTo("CSI plugin csi.example.org: NodeUnstageVolume: INTERNAL: busy");
            heal("unstage");
            assertThat(seen(each -> true).failure()).isNull();
            assertThat(plugin.called).contains("unstage vol1");
        }
    }

    @Test
    void volumeIsKeptByTheNextAgentAlsoWhileThePluginIsAway() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(here(1, true));
            mounted(1);
            assertThat(volumes.hold("task1", DATA)).hasSize(1);
            assertThat(plugin.called).contains("publish vol1");
        }
        stop();
        start("task1");
        mounted(1);
        volumes.take(here(1, true));
        volumes.take(here(1, false));
        assertThat(seen(each -> each.failure() != null).failure()).isEqualTo("it is still used by task task1");
    }

    @Test
    void volumeIsMountedAnewAfterABoot() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(here(1, true));
            mounted(1);
            stop();
            ClusterVolumes.unmountAll(csi());
            assertThat(HostMounts.below(folder)).isEmpty();
            reports.clear();
            start();
            plugins.look();
            volumes.pluginsChanged();
            mounted(1);
            assertThat(HostMounts.below(published())).containsExactly(published());
            assertThat(plugin.called.stream().filter("publish vol1"::equals)).hasSize(2);
        }
    }

    @Test
    void earlierPublicationIsEndedBeforeALaterOneBegins() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(here(1, true));
            mounted(1);
            volumes.take(here(4, true));
            mounted(4);
            assertThat(plugin.called)
                    .containsSubsequence(
                            "publish vol1", "unpublish vol1", "unstage vol1", "stage vol1", "publish vol1");
        }
    }

    @Test
    void volumeTakenBackIsLetGoOfAndNothingIsKeptOfIt() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(here(1, true));
            mounted(1);
            volumes.withdrawVolume(ID);
            volumes.take(here(2, true));
            mounted(2);
            assertThat(plugin.called).containsSubsequence("publish vol1", "unpublish vol1", "publish vol1");
        }
    }

    @Test
    void volumeTakenBackWhileNoAgentRanIsLetGoOf() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(here(1, true));
            mounted(1);
            stop();
            start();
            plugins.look();
            mounted(1);
            volumes.withdrawUnassigned();
            volumes.take(here(2, true));
            mounted(2);
            assertThat(plugin.called).containsSubsequence("publish vol1", "unpublish vol1", "publish vol1");
        }
    }

    @Test
    void volumeThatIsNotReallyMountedIsNotUsed() throws Exception {
        Files.createDirectories(store());
        Files.writeString(store().resolve("idle-publish"), "");
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(here(1, true));
            assertThat(seen(each -> true).failure())
                    .startsWith("CSI plugin csi.example.org says that the volume is there, but nothing is mounted at "
                            + published())
                    .endsWith("bind-propagation=rshared");
            assertThat(volumes.hold("task1", DATA)).isEmpty();
            assertThat(plugin.called).contains("publish vol1");
        }
    }

    @Test
    void volumeNobodyMayWriteToIsMountedReadOnly() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(here(
                    1, true, new AccessMode(Scope.MULTI, Sharing.READ_ONLY, new MountVolume("ext4", List.of()), null)));
            mounted(1);
            assertThat(published().resolve("file")).satisfies(file -> assertThat(Files.isWritable(file.getParent()))
                    .isFalse());
            assertThat(plugin.called).contains("publish vol1");
        }
    }

    @Test
    void whatIsLeftInAMountPointIsNobodysToDelete() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            volumes.take(here(1, true));
            mounted(1);
            // somebody writes below what is mounted, where the plugin does not look
            Path staging = csi().resolve("volumes").resolve(ID).resolve("staging");
            HostMounts.unmount(staging);
            Files.writeString(staging.resolve("file"), "precious");
            volumes.take(here(1, false));
            assertThat(seen(each -> each.failure() != null).failure()).contains("staging is not empty");
            assertThat(staging.resolve("file")).hasContent("precious");
            Files.delete(staging.resolve("file"));
            volumes.pluginsChanged();
            assertThat(seen(each -> true).failure()).isNull();
            assertThat(plugin.called).contains("unstage vol1");
        }
    }
}
