package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.Cluster;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.HealthConfigBuilder;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tasks with a health check. */
class TaskHealthTest extends ReconciledHost {
    private List<TaskState> states() {
        return cluster.statuses("task1").stream().map(TaskStatus::state).toList();
    }

    /** @param retries probes in a row that have to fail */
    private static RunTask probed(long retries) {
        TaskSpec spec = SPEC.withContainerSpec(ContainerSpecBuilder.builder()
                .image("box:latest")
                .healthCheck(HealthConfigBuilder.builder()
                        .test(List.of("CMD", "probe"))
                        .interval(2_000_000L)
                        .retries(retries)
                        .build())
                .build());
        return Cluster.task("task1", spec, FakeHost.IMAGE, TaskState.RUNNING, List.of());
    }

    @Test
    void taskWithAHealthCheckRunsOnceItIsHealthy() throws Exception {
        host.probes(1, "not yet");
        start();
        cluster.assign(probed(Integer.MAX_VALUE));
        assertThat(cluster.await("task1", TaskState.STARTING).message()).isEqualTo("starting");
        cluster.await("a probe", here -> host.calls(), "exec [probe]"::equals);
        assertThat(states()).doesNotContain(TaskState.RUNNING);

        host.probes(0, "fine");
        assertThat(cluster.await("task1", TaskState.RUNNING).message()).isEqualTo("started");
    }

    @Test
    void taskThatNeverGetsHealthyFailsBeforeItRuns() throws Exception {
        host.probes(1, "bad");
        start();
        cluster.assign(probed(1));
        assertThat(cluster.await("task1", TaskState.FAILED).err())
                .isEqualTo("task: non-zero exit (143): dockerexec: unhealthy container");
        assertThat(states()).doesNotContain(TaskState.RUNNING);
    }

    @Test
    void runningTaskThatGetsUnhealthyFails() throws Exception {
        host.probes(0, "fine");
        start();
        cluster.assign(probed(2));
        cluster.await("task1", TaskState.RUNNING);
        host.probes(1, "bad");
        assertThat(cluster.await("task1", TaskState.FAILED).err())
                .isEqualTo("task: non-zero exit (143): dockerexec: unhealthy container");
        cluster.await(
                "the reason to be told", Cluster::events, event -> "health_status: unhealthy".equals(event.action()));
    }

    @Test
    void unhealthyTaskThatEndsWellWhenItIsStoppedHasFailed() throws Exception {
        host.probes(1, "bad");
        host.ignoreStopSignal();
        start();
        cluster.assign(probed(1));
        cluster.await("its stop signal", here -> host.calls(), "signal 15"::equals);
        host.exit(0);
        assertThat(cluster.await("task1", TaskState.FAILED).err()).isEqualTo("dockerexec: unhealthy container");
    }
}
