package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.Cluster;
import io.flotilla.agent.LiveBus;
import io.flotilla.agent.network.IngressPort;
import io.flotilla.agent.network.Protocol;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.bus.topic.BusException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tasks from their assignment to their end. */
class ReconcilerTest extends ReconciledHost {
    private static final String TASKS = "tasks";

    private static RunTask task(TaskState desired, PortConfig... ports) {
        return Cluster.task("task1", SPEC, FakeHost.IMAGE, desired, List.of(ports));
    }

    private static PortConfig port(PortConfig.PublishMode mode) {
        return new PortConfig(null, PortConfig.Protocol.TCP, 80L, 8080L, mode);
    }

    private List<TaskState> states() {
        return cluster.statuses("task1").stream().map(TaskStatus::state).toList();
    }

    @Test
    void taskGoesThroughSwarmKitsStatesInOrder() throws Exception {
        start();
        cluster.assign(task(TaskState.RUNNING));
        TaskStatus running = cluster.await("task1", TaskState.RUNNING);
        assertThat(running.message()).isEqualTo("started");
        host.exit(0);
        TaskStatus complete = cluster.await("task1", TaskState.COMPLETE);
        assertThat(complete.message()).isEqualTo("finished");
        assertThat(complete.err()).isNull();
        assertThat(states()).isSorted();
    }

    /** Who is told that a task runs looks for its container next. */
    @Test
    void containerIsSaidBeforeItsTaskRuns() throws Exception {
        start();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        List<Report> said = cluster.reports();
        int running = IntStream.range(0, said.size())
                .filter(i -> said.get(i) instanceof Report.TaskObserved task
                        && task.status().state() == TaskState.RUNNING)
                .findFirst()
                .orElseThrow();
        assertThat(said.subList(0, running))
                .anyMatch(report -> report instanceof Report.ContainerObserved container
                        && container.inspect().state() != null
                        && Boolean.TRUE.equals(container.inspect().state().running()));
    }

    @Test
    void exitCodeOtherThanZeroIsSaidAsSwarmKitDoes() throws Exception {
        start();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        host.exit(1);
        assertThat(cluster.await("task1", TaskState.FAILED).err()).isEqualTo("task: non-zero exit (1)");
    }

    @Test
    void taskWantedReadyIsPreparedAndWaits() throws Exception {
        start();
        cluster.assign(task(TaskState.READY));
        cluster.await("task1", TaskState.READY);
        assertThat(host.starts()).isZero();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
    }

    /** Whatever call an agent dies in, the next one brings the task to its end, and its process is started at most once. */
    @Test
    void agentKilledAtAnyStepIsResumedByTheNext() throws Exception {
        RunTask task = task(TaskState.RUNNING, port(PortConfig.PublishMode.INGRESS));
        killedAtAnyStep(
                agent -> {
                    cluster.assign(task);
                    cluster.await("task1", TaskState.RUNNING);
                    cluster.assign(task.withDesiredState(TaskState.SHUTDOWN));
                    cluster.await("task1", TaskState.SHUTDOWN);
                    cluster.withdraw(task);
                    awaitNothingLeft(TASKS);
                },
                agent -> {
                    cluster.assign(task.withDesiredState(TaskState.SHUTDOWN));
                    cluster.withdraw(task);
                    awaitNothingLeft(TASKS);
                },
                call -> {
                    assertThat(host.starts()).as("call %d", call).isLessThanOrEqualTo(1);
                    assertThat(states()).as("call %d", call).isSorted();
                    assertThat(host.published()).isEmpty();
                });
    }

    /** However the order to go meets the task's own going: it is neither lost nor left behind. */
    @Test
    void taskAssignedAnewWhileItGoesRunsAgainAndGoesWhenToldTo() throws Exception {
        start();
        RunTask task = task(TaskState.RUNNING);
        for (int round = 1; round <= 5000; round++) {
            cluster.assign(task);
            cluster.withdraw(task);
        }
        RunTask other = Cluster.task("task2", SPEC, FakeHost.IMAGE, TaskState.RUNNING, List.of());
        cluster.assign(other);
        cluster.await("task2", TaskState.RUNNING);
        cluster.withdraw(other);
        awaitNothingLeft(TASKS);

        int before = host.starts();
        cluster.assign(task);
        host.awaitStarts(before + 1);
        cluster.withdraw(task);
        awaitNothingLeft(TASKS);
    }

    @Test
    void runningTaskIsKeptWithoutTheBus() throws Exception {
        start();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        close();
        bus = new LiveBus();
        cluster = new Cluster(bus, "node1");
        bus.outage(new BusException("down", true, null));
        start();
        bus.outage(null);
        cluster.await("task1", TaskState.RUNNING);
        assertThat(host.starts()).isEqualTo(1);
    }

    @Test
    void taskWhoseEndIsFurtherOnInTheTopicIsNotStarted() throws Exception {
        RunTask task = task(TaskState.RUNNING);
        cluster.assign(task);
        cluster.withdraw(task);
        cluster.assign(Cluster.task("task2", SPEC, FakeHost.IMAGE, TaskState.RUNNING, List.of()));
        start();
        cluster.await("task2", TaskState.RUNNING);
        assertThat(states()).isEmpty();
        assertThat(host.starts()).isEqualTo(1);
    }

    @Test
    void everythingIsSaidAgainAfterTheBusWasAway() throws Exception {
        start();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        bus.outage(new BusException("down", true, null));
        host.exit(0);
        assertThat(bus.awaitRefusal(20_000)).isTrue();
        long known = imageReports(cluster).size();
        bus.outage(null);
        cluster.await("task1", TaskState.COMPLETE);
        cluster.await(
                "the images to be reported again",
                here -> imageReports(here).stream().skip(known).toList(),
                report -> true);
        assertThat(host.networkChecks.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    }

    private static List<Report> imageReports(Cluster cluster) {
        return cluster.reports().stream()
                .filter(Report.ImagesHeld.class::isInstance)
                .toList();
    }

    @Test
    void taskWhoseAssignmentCanNotBeReadIsRejectedWithTheReason() throws Exception {
        start();
        cluster.assignRaw("task/task1", "{\"Assignment\":\"RunTask\",\"Id\":\"task1\",\"DesiredState\":\"frozen\"}");
        assertThat(cluster.await("task1", TaskState.REJECTED).err())
                .startsWith("this node's version of Flotilla can't read the assignment: ")
                .contains("\"frozen\"");
        cluster.assignRaw("task/task2", "{\"Assignment\":\"RunTask\",\"Id\":\"task2\",\"Name\":\"web.2\"}");
        assertThat(cluster.await("task2", TaskState.REJECTED).err()).contains("Spec");
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
    }

    @Test
    void runningTaskWhoseNextAssignmentCanNotBeReadGoesOnAndSaysSo() throws Exception {
        start();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        cluster.assignRaw("task/task1", "{\"Assignment\":\"RunTask\",\"Id\":");
        cluster.await(
                "the reason to be said",
                here -> here.statuses("task1"),
                status -> status.state() == TaskState.RUNNING
                        && String.valueOf(status.err()).contains("can't read the assignment"));
        cluster.assign(task(TaskState.RUNNING).withDesiredState(TaskState.SHUTDOWN));
        assertThat(cluster.await("task1", TaskState.SHUTDOWN).err()).isNull();
    }

    @Test
    void nodeSaysWhichOtherAssignmentItCanNotRead() throws Exception {
        Reconciler node = start();
        cluster.assignRaw("volume/v1", "{\"Assignment\":\"MakeVolume\",\"Id\":\"v1\"}");
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        assertThat(node.nodeMessage())
                .startsWith("assignments not followed: volume/v1: ")
                .contains("MakeVolume");
        cluster.withdrawRaw("volume/v1");
        cluster.assign(task(TaskState.RUNNING).withDesiredState(TaskState.SHUTDOWN));
        cluster.await("task1", TaskState.SHUTDOWN);
        assertThat(node.nodeMessage()).isNull();
    }

    @Test
    void unknownLogDriverRejectsTheTaskAndLeavesNothing() throws Exception {
        start();
        TaskSpec spec = SPEC.withLogDriver(new TaskSpec.LogDriver("splunk", Map.of()));
        cluster.assign(Cluster.task("task1", spec, FakeHost.IMAGE, TaskState.RUNNING, List.of()));
        assertThat(cluster.await("task1", TaskState.REJECTED).err())
                .isEqualTo("logger: no log driver named 'splunk' is registered");
        cluster.withdraw(task(TaskState.RUNNING));
        awaitNothingLeft(TASKS);
    }

    @Test
    void commandThatCanNotStartFailsTheTaskWithItsExitCode() throws Exception {
        host.failStarts(new RuntimeFailure("exec: \"serve\": executable file not found in $PATH", 127, false, null));
        start();
        cluster.assign(task(TaskState.RUNNING));
        TaskStatus failed = cluster.await("task1", TaskState.FAILED);
        assertThat(failed.err())
                .isEqualTo("starting container failed: exec: \"serve\": executable file not found in $PATH");
        assertThat(Objects.requireNonNull(failed.containerStatus()).exitCode()).isEqualTo(127);
    }

    @Test
    void hostPortThatIsTakenRejectsTheTask() throws Exception {
        host.takePort(8080);
        start();
        cluster.assign(task(TaskState.RUNNING, port(PortConfig.PublishMode.HOST)));
        assertThat(cluster.await("task1", TaskState.REJECTED).err()).contains("port is already allocated");
    }

    @Test
    void ingressPortThatIsTakenIsSaidWhileTheTaskRuns() throws Exception {
        host.takePort(8080);
        start();
        cluster.assign(task(TaskState.RUNNING, port(PortConfig.PublishMode.INGRESS)));
        cluster.await(
                "the conflict to be said",
                here -> here.statuses("task1"),
                status -> status.state() == TaskState.RUNNING
                        && String.valueOf(status.err()).contains("port is already allocated"));
        host.freePort(8080);
        cluster.assign(Cluster.task(
                "task2", SPEC, FakeHost.IMAGE, TaskState.RUNNING, List.of(port(PortConfig.PublishMode.INGRESS))));
        cluster.await("task2", TaskState.RUNNING);
        cluster.await(
                "the conflict to be over",
                here -> here.statuses("task1").reversed().subList(0, 1),
                status -> status.state() == TaskState.RUNNING && status.err() == null);
    }

    @Test
    void taskIsTakenOutOfWhatIsPublishedBeforeItsStopSignal() throws Exception {
        start();
        RunTask task = task(TaskState.RUNNING, port(PortConfig.PublishMode.INGRESS));
        cluster.assign(task);
        cluster.await("task1", TaskState.RUNNING);
        assertThat(host.published())
                .containsExactly(new IngressPort(Protocol.TCP, 8080, 80, List.of(InetAddress.ofLiteral("172.17.0.2"))));
        cluster.assign(task.withDesiredState(TaskState.SHUTDOWN));
        cluster.await("task1", TaskState.SHUTDOWN);
        assertThat(host.calls()).containsSubsequence("start", "publish 1", "publish 0", "signal 15");
    }

    @Test
    void taskThatIgnoresItsStopSignalIsKilledAfterItsGrace() throws Exception {
        host.ignoreStopSignal();
        start();
        TaskSpec spec = SPEC.withContainerSpec(ContainerSpecBuilder.builder()
                .image("box:latest")
                .stopSignal("SIGINT")
                .stopGracePeriod(1_000_000L)
                .build());
        RunTask task = Cluster.task("task1", spec, FakeHost.IMAGE, TaskState.RUNNING, List.of());
        cluster.assign(task);
        cluster.await("task1", TaskState.RUNNING);
        cluster.assign(task.withDesiredState(TaskState.SHUTDOWN));
        TaskStatus ended = cluster.await("task1", TaskState.SHUTDOWN);
        assertThat(Objects.requireNonNull(ended.containerStatus()).exitCode()).isEqualTo(137);
        assertThat(host.calls()).containsSubsequence("signal 2", "signal 9");
    }

    @Test
    void actionsOnContainersAreRefusedInDockersWords() throws Exception {
        Containers containers = start().containers();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);
        String id = containers.find("web.1.task1").id();

        assertThatThrownBy(() -> containers.find("nobody")).hasMessage("No such container: nobody");
        assertThatThrownBy(() -> containers.remove("web.1.task1", false, false).join())
                .hasMessage("cannot remove container \"/web.1.task1\": container is running: stop the container"
                        + " before removing or force remove");
        containers.stop("web.1.task1", 0, null).get(20, TimeUnit.SECONDS);
        assertThat(cluster.await("task1", TaskState.FAILED).err()).isEqualTo("task: non-zero exit (143)");
        AtomicReference<Throwable> refused = new AtomicReference<>();
        containers
                .signal("web.1.task1", 9)
                .handle((done, failure) -> {
                    refused.set(failure);
                    return "";
                })
                .get(20, TimeUnit.SECONDS);
        assertThat(refused.get())
                .hasRootCauseMessage("cannot kill container: web.1.task1: container " + id + " is not running");
        containers.remove("web.1.task1", false, false).get(20, TimeUnit.SECONDS);
        assertThatThrownBy(() -> containers.find(id)).hasMessage("No such container: " + id);
        assertThat(cluster.statuses("task1").getLast().state()).isEqualTo(TaskState.FAILED);
    }

    @Test
    void forcedRemovalOfARunningContainerFailsItsTaskFirst() throws Exception {
        AtomicReference<@Nullable Throwable> bug = new AtomicReference<>();
        Containers containers = start(bug::set).containers();
        cluster.assign(task(TaskState.RUNNING));
        cluster.await("task1", TaskState.RUNNING);

        containers.remove("web.1.task1", true, false).get(20, TimeUnit.SECONDS);

        assertThat(cluster.await("task1", TaskState.FAILED).err()).isEqualTo("task: non-zero exit (137)");
        assertThatThrownBy(() -> containers.find("web.1.task1")).hasMessage("No such container: web.1.task1");
        assertThat(bug.get()).isNull();
    }
}
