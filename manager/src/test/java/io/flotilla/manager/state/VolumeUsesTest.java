package io.flotilla.manager.state;

import static io.flotilla.manager.state.Samples.state;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.VolumeAttachment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From when until when a task uses its cluster volumes. */
class VolumeUsesTest {
    private static final SpecRevision REVISION = Samples.revision("s1", 1)
            .withSpec(TaskSpecBuilder.builder()
                    .containerSpec(ContainerSpecBuilder.builder()
                            .mounts(List.of(mount("/data", null), mount("/archive", true)))
                            .build())
                    .build());
    private static final Task TASK = Samples.task("t1", "s1")
            .withSpecVersion(1L)
            .withNodeId("n1")
            .withVolumes(List.of(
                    new VolumeAttachment("v1", "data", "/data"), new VolumeAttachment("v2", "old", "/archive")));

    private static Mount mount(String target, @Nullable Boolean readOnly) {
        return MountBuilder.builder().target(target).readOnly(readOnly).build();
    }

    private static Task in(TaskState state) {
        return TASK.withStatus(TASK.status().withState(state));
    }

    private static boolean isUsed(Task task) {
        return VolumeUses.of(state(Samples.node("n1"), REVISION, task), "v1").equals(List.of(task));
    }

    @ParameterizedTest
    @EnumSource(TaskState.class)
    void volumeIsUsedFromTheNodeIsKnownUntilTheTaskHasEnded(TaskState state) {
        boolean between = state.compareTo(TaskState.ASSIGNED) >= 0 && state.compareTo(TaskState.RUNNING) <= 0;
        assertThat(isUsed(in(state))).isEqualTo(between);
        assertThat(isUsed(in(state).withNodeId(null))).isFalse();
    }

    @Test
    void rejectedTaskUsesItsVolumesUntilItsNodeHasStoppedIt() {
        Task rejected = VolumeUses.upThoughRejected(in(TaskState.REJECTED));
        assertThat(VolumeUses.isUpThoughRejected(rejected)).isTrue();
        assertThat(isUsed(rejected)).isTrue();
        assertThat(VolumeUses.of(state(rejected), "v1")).as("its node is gone").isEmpty();
        Task stopped = VolumeUses.stopped(rejected);
        assertThat(stopped).isEqualTo(in(TaskState.REJECTED));
        assertThat(isUsed(stopped)).isFalse();
    }

    @Test
    void taskWithoutVolumesIsNotWaitedFor() {
        Task plain = in(TaskState.RUNNING).withVolumes(List.of());
        assertThat(VolumeUses.upThoughRejected(plain)).isSameAs(plain);
        assertThat(VolumeUses.isUpThoughRejected(plain)).isFalse();
    }

    @Test
    void usesAreInTheOrderOfTheirTasks() {
        List<Task> tasks = List.of("t3", "t1", "t2").stream()
                .map(id -> in(TaskState.RUNNING).withId(id))
                .toList();
        ClusterState state = state(tasks.toArray(Task[]::new));
        assertThat(VolumeUses.of(state, "v2")).extracting(Task::id).containsExactly("t1", "t2", "t3");
    }

    @Test
    void readOnlyMountWritesNothing() {
        ClusterState state = state(REVISION, TASK);
        assertThat(VolumeUses.writes(state, TASK, "v1")).isTrue();
        assertThat(VolumeUses.writes(state, TASK, "v2")).isFalse();
        assertThat(VolumeUses.writes(state, TASK, "v3")).as("one it has not").isFalse();
        assertThat(VolumeUses.writes(state(TASK), TASK, "v2"))
                .as("its spec is not known: it may")
                .isTrue();
    }

    @Test
    void volumeWithTwoMountsIsNamedOnce() {
        Task twice = TASK.withVolumes(
                List.of(new VolumeAttachment("v1", "data", "/data"), new VolumeAttachment("v1", "data", "/too")));
        assertThat(VolumeUses.volumesOf(twice)).containsExactly("v1");
        assertThat(VolumeUses.volumesOf(TASK)).containsExactly("v1", "v2");
    }
}
