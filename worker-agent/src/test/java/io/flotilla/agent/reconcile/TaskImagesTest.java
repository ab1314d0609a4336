package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.Cluster;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.assignment.Assignment.Holder;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where the image of a task comes from, and how long it stays. */
class TaskImagesTest extends ReconciledHost {
    private static RunTask task(TaskState desired, PortConfig... ports) {
        return Cluster.task("task1", SPEC, FakeHost.IMAGE, desired, List.of(ports));
    }

    private List<TaskState> states() {
        return cluster.statuses("task1").stream().map(TaskStatus::state).toList();
    }

    @Test
    void imageOfAnotherNodeIsTakenFromTheFirstThatGivesIt() throws Exception {
        host.loseImage();
        start();
        RunTask task = task(TaskState.RUNNING);
        cluster.assign(task.withImageHolders(List.of(new Holder("broken", "a:1"), new Holder("node2", "b:1"))));
        cluster.await("task1", TaskState.RUNNING);
        assertThat(cluster.reports())
                .anyMatch(report -> report instanceof Report.ImagesHeld held
                        && held.imageIds().contains(FakeHost.IMAGE));
    }

    @Test
    void imageNobodyGivesRejectsTheTaskAndSaysWhy() throws Exception {
        host.loseImage();
        start();
        cluster.assign(task(TaskState.RUNNING).withImageHolders(List.of(new Holder("broken", "a:1"))));
        assertThat(cluster.await("task1", TaskState.REJECTED).err())
                .isEqualTo("No such image: box:latest (node broken: connection refused; manifest for box:latest not"
                        + " found)");
    }

    @Test
    void imageTheClusterDoesNotHaveRejectsTheTask() throws Exception {
        start();
        cluster.assign(Cluster.task("task1", SPEC, null, TaskState.RUNNING, List.of()));
        assertThat(cluster.await("task1", TaskState.REJECTED).err())
                .isEqualTo("No such image: box:latest (manifest for box:latest not found)");
    }

    @Test
    void removedImageStaysWhileAContainerUsesIt() throws Exception {
        start();
        RunTask task = task(TaskState.RUNNING);
        cluster.assign(task);
        cluster.await("task1", TaskState.RUNNING);
        cluster.assign(new Assignment.DropImage(FakeHost.IMAGE));
        cluster.withdraw(task);
        cluster.await(
                "the image to be gone",
                here -> here.reports(),
                report -> report instanceof Report.ImagesHeld held
                        && held.imageIds().isEmpty());
        assertThat(states()).contains(TaskState.SHUTDOWN);
    }
}
