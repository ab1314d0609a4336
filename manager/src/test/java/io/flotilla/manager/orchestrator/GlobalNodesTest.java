package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.ServiceRestartPolicyBuilder;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Services of one task a node while nodes come, go and change. */
class GlobalNodesTest {
    private final Swarm swarm = Swarm.withNodes(2);

    private static ServiceSpec once(ServiceSpec spec) {
        return spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                .withRestartPolicy(ServiceRestartPolicyBuilder.builder()
                        .condition(ServiceRestartPolicy.Condition.NONE)
                        .build()));
    }

    private List<String> nodesOf(String service) {
        return swarm.tasks(service).stream()
                .map(task -> String.valueOf(task.nodeId()))
                .sorted()
                .toList();
    }

    @Test
    void aNewExecutionWaitsOnEachNodeForTheEndOfTheOneBefore() {
        swarm.create(Swarm.globalJob("job")).settle();
        List<Task> old = swarm.running("job");
        swarm.stuck(old.getFirst()).stuck(old.getLast()).update("job", spec -> Swarm.withImage(spec, "nginx:2"));
        assertThat(swarm.settle().running("job")).isEmpty();
        assertThat(swarm.tasks("job"))
                .filteredOn(task -> !old.stream().map(Task::id).toList().contains(task.id()))
                .extracting(Task::state)
                .containsExactly(TaskState.READY, TaskState.READY);
        assertThat(swarm.tasks("job"))
                .filteredOn(task -> task.state() == TaskState.RUNNING)
                .allMatch(task -> task.desiredState() == TaskState.REMOVE);

        swarm.end(swarm.state().task(old.getFirst().id()).orElseThrow(), TaskState.SHUTDOWN)
                .settle();
        assertThat(swarm.running("job")).hasSize(1);
    }

    @Test
    void oneThatFailedForGoodIsTriedAgainWithTheNextExecutionOnly() {
        swarm.create(once(Swarm.globalJob("job")))
                .fate(task -> TaskState.FAILED)
                .settle();
        assertThat(swarm.tasks("job")).hasSize(2).allMatch(task -> task.state() == TaskState.FAILED);
        swarm.label("node1", "any", "thing").newLeader().pass(Duration.ofMinutes(1));
        assertThat(swarm.tasks("job")).hasSize(2);

        swarm.update("job", spec -> spec).pass(Duration.ofSeconds(1));
        assertThat(nodesOf("job")).containsExactly("node1", "node1", "node2", "node2");
    }

    @Test
    void aNodeThatDoesNotMeetTheConstraintsAnyMoreStopsItsTask() {
        swarm.label("node1", "x", "y")
                .create(GlobalServiceTest.constrained(Swarm.globalJob("job"), "node.labels.x==y"))
                .settle();
        assertThat(nodesOf("job")).containsExactly("node1");
        swarm.label("node1", "x", "z").settle();
        assertThat(swarm.tasks("job")).noneMatch(Slot::isLive);
    }

    @Test
    void aGlobalServiceAsksNothingOfNodesItIsNotFor() {
        swarm.node("node3", node -> node)
                .node("node4", node -> node)
                .availability("node3", NodeSpec.Availability.DRAIN)
                .nodeState("node4", NodeState.DOWN)
                .label("node1", "x", "y")
                .create(Swarm.global("agent"))
                .create(GlobalServiceTest.constrained(Swarm.global("cache"), "node.labels.x==y"))
                .settle();
        assertThat(nodesOf("agent")).containsExactly("node1", "node2");
        assertThat(nodesOf("cache")).containsExactly("node1");
    }

    @Test
    void aGlobalTaskThatEndedForGoodIsNotMadeAgain() {
        swarm.create(once(Swarm.global("agent"))).settle();
        swarm.end(swarm.running("agent").getFirst(), TaskState.FAILED)
                .label("node1", "any", "thing")
                .label("node2", "any", "thing")
                .newLeader()
                .pass(Duration.ofMinutes(1));
        assertThat(swarm.tasks("agent")).hasSize(2);
        assertThat(swarm.running("agent")).hasSize(1);
    }

    @Test
    void nothingIsRememberedOfANodeThatIsGone() {
        swarm.create(Swarm.global("agent")).settle();
        Task lost = swarm.running("agent").stream()
                .filter(task -> "node1".equals(task.nodeId()))
                .findFirst()
                .orElseThrow();
        swarm.end(lost, TaskState.FAILED).pass(Duration.ofSeconds(10));
        assertThat(nodesOf("agent")).containsExactly("node1", "node1", "node2");
        swarm.nodeState("node1", NodeState.DOWN).removeNode("node1").settle();
        assertThat(nodesOf("agent")).containsExactly("node2");
    }

    @Test
    void anUpdateLeavesAPausedNodeUntilItIsActiveAgain() {
        swarm.create(Swarm.global("agent")).settle();
        swarm.availability("node1", NodeSpec.Availability.PAUSE)
                .update("agent", spec -> Swarm.withImage(spec, "agent:2"))
                .pass(Duration.ofMinutes(1));
        assertThat(swarm.running("agent")).extracting(swarm::image).containsExactly("nginx:1", "agent:2");
        swarm.availability("node1", NodeSpec.Availability.ACTIVE).pass(Duration.ofMinutes(1));
        assertThat(swarm.running("agent")).extracting(swarm::image).containsExactly("agent:2", "agent:2");
    }

    @Test
    void withOtherConstraintsAServiceLeavesNodesItIsNotForAnyMore() {
        swarm.label("node1", "x", "y").create(Swarm.global("agent")).settle();
        Task stays = swarm.running("agent").getFirst();
        swarm.update("agent", spec -> GlobalServiceTest.constrained(spec, "node.labels.x==y"))
                .pass(Duration.ofMinutes(1));
        assertThat(swarm.running("agent")).extracting(Task::id).containsExactly(stays.id());
        assertThat(nodesOf("agent")).containsExactly("node1", "node2");
    }
}
