package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.manager.allocator.PortAllocation;
import io.flotilla.manager.orchestrator.enforce.ConstraintEnforcer;
import io.flotilla.manager.orchestrator.enforce.LostNodes;
import io.flotilla.manager.orchestrator.global.GlobalOrchestrator;
import io.flotilla.manager.orchestrator.job.CronJobs;
import io.flotilla.manager.orchestrator.job.GlobalJobs;
import io.flotilla.manager.orchestrator.job.ReplicatedJobs;
import io.flotilla.manager.orchestrator.reaper.RevisionReaper;
import io.flotilla.manager.orchestrator.reaper.TaskReaper;
import io.flotilla.manager.orchestrator.replicated.ReplicatedOrchestrator;
import io.flotilla.manager.orchestrator.restart.RestartSupervisor;
import io.flotilla.manager.orchestrator.update.UpdateSupervisor;
import io.flotilla.manager.scheduler.Scheduler;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Ids;
import io.flotilla.manager.state.Turn;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Each loop on a state it never saw: what the leader before left undone is done, without any change to tell of it. */
class NewLeaderTest {
    private static final Ids IDS = new Ids(new Random(2));
    private final Swarm swarm = Swarm.withNodes(2);

    /** What the first turn of a leader makes of a state. */
    private ClusterState first(ControlLoop loop, ClusterState state) {
        Turn turn = new Turn(state, swarm.now(), IDS);
        loop.settle(turn, Changed.all());
        return turn.state();
    }

    /** With the service, and nothing done about it. */
    private ClusterState made(ServiceSpec spec) {
        Turn turn = new Turn(swarm.state(), swarm.now(), IDS);
        ServiceRevisions.created(turn, Objects.requireNonNull(spec.name()), spec, null);
        return turn.state();
    }

    private ClusterState running(ServiceSpec spec) {
        return swarm.create(spec).settle().state();
    }

    private static ClusterState with(ClusterState state, List<Task> tasks, UnaryOperator<Task> change) {
        ClusterState next = state;
        for (Task task : tasks) {
            next = next.with(change.apply(task));
        }
        return next;
    }

    private static UnaryOperator<Task> observed(TaskState state) {
        return task -> task.withStatus(task.status().withState(state));
    }

    private static Service service(ClusterState state) {
        return state.service("web").orElseThrow();
    }

    @Test
    void servicesGetTheTasksTheyLack() {
        assertThat(first(new ReplicatedOrchestrator(), made(Swarm.replicated("web", 3)))
                        .tasks())
                .hasSize(3);
        assertThat(first(new GlobalOrchestrator(), made(Swarm.global("web"))).tasks())
                .hasSize(2);
        assertThat(first(new ReplicatedJobs(), made(Swarm.replicatedJob("web", 2, 5)))
                        .tasks())
                .hasSize(2);
        assertThat(first(new GlobalJobs(), made(Swarm.globalJob("web"))).tasks())
                .hasSize(2);
    }

    @Test
    void tasksOfRemovedServicesGo() {
        ClusterState state = running(Swarm.replicated("web", 2)).without(ObjectKind.SERVICE, "web");
        assertThat(first(new RemovedServices(), state).tasks())
                .hasSize(2)
                .allMatch(task -> task.desiredState() == TaskState.REMOVE);
        assertThat(first(new RemovedServices(), running(Swarm.replicated("web", 2)))
                        .tasks())
                .noneMatch(task -> task.desiredState() == TaskState.REMOVE);
    }

    @Test
    void tasksThatEndedAreReplaced() {
        ClusterState state = running(Swarm.replicated("web", 1));
        ClusterState after =
                first(new RestartSupervisor(), with(state, swarm.running("web"), observed(TaskState.FAILED)));
        assertThat(after.tasks())
                .extracting(Task::desiredState)
                .containsExactlyInAnyOrder(TaskState.SHUTDOWN, TaskState.READY);
    }

    @Test
    void tasksThatWaitGetANode() {
        ClusterState made = first(new ReplicatedOrchestrator(), made(Swarm.replicated("web", 1)));
        ClusterState waiting = with(made, List.copyOf(made.tasks()), observed(TaskState.PENDING));
        assertThat(first(new Scheduler(), waiting).tasks())
                .extracting(Task::state)
                .containsExactly(TaskState.ASSIGNED);
    }

    @Test
    void tasksThatMeetTheirConstraintsNoMoreAreRejected() {
        swarm.label("node1", "x", "y");
        ClusterState state = running(GlobalServiceTest.constrained(Swarm.replicated("web", 1), "node.labels.x==y"));
        StoreObject node = state.node("node1")
                .map(as -> as.withSpec(as.spec().withLabels(Map.of())))
                .orElseThrow();
        assertThat(first(new ConstraintEnforcer(), state.with(node)).tasks())
                .extracting(Task::state)
                .containsExactly(TaskState.REJECTED);
    }

    @Test
    void tasksOfNodesThatAreGoneAreOrphans() {
        ClusterState state = running(Swarm.replicated("web", 2)).without(ObjectKind.NODE, "node1");
        assertThat(first(new LostNodes(), state).tasks())
                .extracting(Task::state)
                .containsExactlyInAnyOrder(TaskState.ORPHANED, TaskState.RUNNING);
    }

    @Test
    void tasksNobodyWantsToKnowOfAreForgotten() {
        ClusterState state = with(
                running(Swarm.replicated("web", 2)),
                List.of(swarm.running("web").getFirst()),
                task -> observed(TaskState.SHUTDOWN).apply(task).withDesiredState(TaskState.REMOVE));
        assertThat(first(new TaskReaper(), state).tasks()).hasSize(1);
    }

    @Test
    void revisionsOfNoServiceAreForgotten() {
        assertThat(first(new RevisionReaper(), made(Swarm.replicated("web", 1))).revisions())
                .hasSize(1);
        ClusterState gone = made(Swarm.replicated("web", 1)).without(ObjectKind.SERVICE, "web");
        assertThat(first(new RevisionReaper(), gone).revisions()).isEmpty();
    }

    @Test
    void anUpdateBegins() {
        Turn turn = new Turn(running(Swarm.replicated("web", 2)), swarm.now(), IDS);
        ServiceRevisions.updated(
                turn, swarm.service("web"), Swarm.withImage(swarm.service("web").spec(), "nginx:2"), null);
        Service after = service(first(new UpdateSupervisor(PortAllocation::conflict), turn.state()));
        assertThat(after.updateStatus()).extracting(UpdateStatus::state).isEqualTo(UpdateStatus.State.UPDATING);
    }

    @Test
    void aScheduleIsLookedUp() {
        ServiceSpec job = Swarm.replicatedJob("web", 1, 1).withLabels(Map.of("flotilla.cron.schedule", "0 12 * * *"));
        assertThat(service(first(new CronJobs(), made(job))).cronStatus()).isNotNull();
    }
}
