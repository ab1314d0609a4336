package io.flotilla.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.csi.FolderCsiPlugin;
import io.flotilla.agent.runtime.linux.HostMounts;
import io.flotilla.bus.assignment.Assignment.PublishVolume;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.report.Report.ClusterVolumeObserved;
import io.flotilla.bus.report.Report.NodeDescribed;
import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec.AccessMode;
import io.flotilla.bus.schema.ClusterVolumeSpec.BlockVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec.MountVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec.Scope;
import io.flotilla.bus.schema.ClusterVolumeSpec.Sharing;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.EngineDescription;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.MountPoint;
import io.flotilla.bus.schema.NodeCSIInfo;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.bus.schema.Topology;
import io.flotilla.bus.schema.VolumeAttachment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks of this kernel with the volumes of a CSI plugin beside it; needs root and busybox-static. */
class ClusterVolumeKernelTest {
    private static final AccessMode FILES =
            new AccessMode(Scope.SINGLE, Sharing.NONE, new MountVolume(null, List.of()), null);
    private static final AccessMode BLOCKS = new AccessMode(Scope.SINGLE, Sharing.NONE, null, new BlockVolume());
    /** The device of a loop that is not set up: nobody reads or writes it. */
    private static final String DEVICE = "/dev/loop7";

    private LiveAgent node;
    private Path store;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        store = folder.resolve("store");
        Files.createDirectories(store.resolve("volumes/vol1"));
        node = new LiveAgent("csitest", folder);
    }

    @AfterEach
    void removeEverything() throws IOException {
        node.close();
    }

    private FolderCsiPlugin plugin() throws IOException {
        return new FolderCsiPlugin(
                node.instance.dataDir().resolve("csi/plugins/folder/csi.sock"), store, "host1", Map.of("zone", "z1"));
    }

    private PublishVolume volume(long number, boolean published, AccessMode mode) {
        return new PublishVolume(
                "vol1",
                number,
                published,
                "data",
                FolderCsiPlugin.DRIVER,
                mode,
                new ClusterVolume.Info(0L, Map.of("device", DEVICE), "vol1", List.of()),
                Map.of("folder", store.resolve("volumes/vol1").toString()),
                List.of());
    }

    private RunTask run(String id, String script, boolean readOnly) {
        TaskSpec spec = TaskSpecBuilder.builder()
                .containerSpec(ContainerSpecBuilder.builder()
                        .image("box:latest")
                        .command(List.of("/bin/sh", "-c", script))
                        .stopGracePeriod(TimeUnit.SECONDS.toNanos(1))
                        .mounts(List.of(MountBuilder.builder()
                                .type(Mount.MountType.CLUSTER)
                                .source("group:disks")
                                .target("/data")
                                .readOnly(readOnly)
                                .build()))
                        .build())
                .build();
        RunTask task = new RunTask(
                id,
                "web.1." + id,
                "service1",
                "web",
                Map.of(),
                1,
                spec,
                node.image,
                List.of(),
                TaskState.RUNNING,
                List.of(),
                null,
                List.of(new VolumeAttachment("vol1", "group:disks", "/data")));
        node.cluster.assign(task);
        return task;
    }

    private ClusterVolumeObserved observed(Predicate<ClusterVolumeObserved> wanted) throws InterruptedException {
        return node.cluster.await(
                "the volume",
                here -> here.reports().stream()
                        .filter(ClusterVolumeObserved.class::isInstance)
                        .map(ClusterVolumeObserved.class::cast)
                        .toList(),
                wanted);
    }

    private void awaitTold(String taskId, String err) throws InterruptedException {
        TaskStatus told = node.cluster.await(
                "task " + taskId + " to say " + err, here -> here.statuses(taskId), status -> err.equals(status.err()));
        assertThat(told.state()).isEqualTo(TaskState.PREPARING);
    }

    @Test
    void nodeTellsOfItsPluginsAsTheyComeAndGo() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            NodeDescribed described =
                    described(each -> !each.description().csiInfo().isEmpty());
            assertThat(described.description().csiInfo())
                    .containsExactly(new NodeCSIInfo(
                            FolderCsiPlugin.DRIVER, "host1", null, new Topology(Map.of("zone", "z1")), true));
            assertThat(Objects.requireNonNull(described.description().engine()).plugins())
                    .contains(
                            new EngineDescription.Plugin("csinode", FolderCsiPlugin.DRIVER),
                            new EngineDescription.Plugin("csicontroller", FolderCsiPlugin.DRIVER));
            assertThat(plugin.content("vol1")).isDirectory();
        }
        int before = node.cluster.reports().size();
        described(each -> node.cluster.reports().lastIndexOf(each) >= before - 1
                && each.description().csiInfo().isEmpty());
    }

    private NodeDescribed described(Predicate<NodeDescribed> wanted) throws InterruptedException {
        return node.cluster.await(
                "a description",
                here -> here.reports().stream()
                        .filter(NodeDescribed.class::isInstance)
                        .map(NodeDescribed.class::cast)
                        .toList(),
                wanted);
    }

    @Test
    void taskWaitsForItsVolumeSaysForWhatAndFindsItsDataThere() throws Exception {
        Files.writeString(store.resolve("volumes/vol1/old"), "kept");
        RunTask task = run("task1", "cat /data/old > /data/copy; exec sleep 1000", false);
        awaitTold("task1", "waiting for volume group:disks: the managers have yet to publish it to this node");
        node.cluster.assign(volume(1, true, FILES));
        awaitTold("task1", "waiting for volume group:disks: no CSI plugin csi.example.org answers on this node");
        try (FolderCsiPlugin plugin = plugin()) {
            TaskStatus running = node.cluster.await("task1", TaskState.RUNNING);
            assertThat(running.err()).isNull();
            MountPoint mount = Objects.requireNonNull(node.cluster.container("task1"))
                    .mounts()
                    .getFirst();
            assertThat(mount.type()).isEqualTo("bind");
            assertThat(mount.destination()).isEqualTo("/data");

            // the container goes on with it while the agent is away
            node.stop();
            node.start();
            node.cluster.assign(volume(1, false, FILES));
            observed(each -> "it is still used by task task1".equals(each.failure()));
            node.cluster.assign(task.withDesiredState(TaskState.SHUTDOWN));
            observed(each -> !each.published() && each.failure() == null);
            assertThat(plugin.content("vol1").resolve("copy")).hasContent("kept");
            assertThat(HostMounts.below(node.instance.dataDir().resolve("csi"))).isEmpty();
        }
    }

    @Test
    void blockVolumeIsADeviceOfTheTaskAndOfNoOther() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            node.cluster.assign(volume(1, true, BLOCKS));
            run("task1", "[ -b /data ] && [ ! -e " + DEVICE + " ] && exec 3</data && exit 7; exit 1", true);
            TaskStatus over = node.cluster.await("task1", TaskState.FAILED);
            assertThat(Objects.requireNonNull(over.containerStatus()).exitCode())
                    .isEqualTo(7);
            assertThat(plugin.content("vol1")).isEmptyDirectory();
        }
    }

    @Test
    void readOnlyMountOfAVolumeCanNotBeWrittenTo() throws Exception {
        try (FolderCsiPlugin plugin = plugin()) {
            node.cluster.assign(volume(1, true, FILES));
            run("task1", "touch /data/file && exit 1; exit 7", true);
            TaskStatus over = node.cluster.await("task1", TaskState.FAILED);
            assertThat(Objects.requireNonNull(over.containerStatus()).exitCode())
                    .isEqualTo(7);
            assertThat(plugin.content("vol1")).isEmptyDirectory();
        }
    }

    @Test
    void removalByNameUnmountsVolumesAndLeavesTheirContent() throws Exception {
        Files.writeString(store.resolve("volumes/vol1/file"), "kept");
        try (FolderCsiPlugin plugin = plugin()) {
            node.cluster.assign(volume(1, true, FILES));
            observed(Report.ClusterVolumeObserved::published);
            assertThat(HostMounts.below(node.instance.dataDir().resolve("csi"))).hasSize(2);
            Agent.removeKernelObjects(node.instance);
            assertThat(HostMounts.below(node.instance.dataDir().resolve("csi"))).isEmpty();
            assertThat(plugin.content("vol1").resolve("file")).hasContent("kept");
        }
    }
}
