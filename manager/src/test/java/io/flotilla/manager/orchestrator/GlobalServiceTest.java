package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.PlacementBuilder;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GlobalServiceTest {
    private final Swarm swarm = Swarm.withNodes(3).create(Swarm.global("agent")).settle();

    private List<String> nodes() {
        return swarm.running("agent").stream()
                .map(task -> String.valueOf(task.nodeId()))
                .sorted()
                .toList();
    }

    static ServiceSpec constrained(ServiceSpec spec, String... constraints) {
        return spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                .withPlacement(PlacementBuilder.builder()
                        .constraints(List.of(constraints))
                        .preferences(List.of())
                        .platforms(List.of())
                        .build()));
    }

    @Test
    void runsOneTaskWithoutSlotNumberOnEveryNode() {
        assertThat(nodes()).containsExactly("node1", "node2", "node3");
        assertThat(swarm.running("agent")).allMatch(task -> task.slot() == null);
        assertThat(swarm.tasks("agent")).hasSize(3);
    }

    @Test
    void newNodeGetsItsTask() {
        swarm.node("node4", node -> node).settle();

        assertThat(nodes()).containsExactly("node1", "node2", "node3", "node4");
    }

    @Test
    void drainedNodeLosesItsTaskAndGetsOneBack() {
        swarm.availability("node2", NodeSpec.Availability.DRAIN).settle();
        assertThat(nodes()).containsExactly("node1", "node3");

        swarm.availability("node2", NodeSpec.Availability.ACTIVE).settle();
        assertThat(nodes()).containsExactly("node1", "node2", "node3");
    }

    @Test
    void nodeThatWasDownGetsANewTask() {
        swarm.nodeState("node2", NodeState.DOWN).settle();
        assertThat(nodes()).containsExactly("node1", "node3");

        swarm.nodeState("node2", NodeState.READY).settle();
        assertThat(nodes()).containsExactly("node1", "node2", "node3");
    }

    @Test
    void removedNodeLeavesNoTask() {
        swarm.nodeState("node2", NodeState.DOWN).removeNode("node2").settle();

        assertThat(swarm.tasks("agent")).extracting(Task::nodeId).containsExactly("node1", "node3");
    }

    @Test
    void failedTaskIsReplacedOnItsNode() {
        swarm.end(swarm.running("agent").getFirst(), TaskState.FAILED).pass(Duration.ofSeconds(5));

        assertThat(nodes()).containsExactly("node1", "node2", "node3");
        assertThat(swarm.tasks("agent")).hasSize(4);
    }

    @Test
    void onlyNodesThatMeetTheConstraintsHaveATask() {
        swarm.label("node1", "disk", "ssd")
                .create(constrained(Swarm.global("cache"), "node.labels.disk == SSD"))
                .settle();
        assertThat(swarm.running("cache")).extracting(Task::nodeId).containsExactly("node1");

        swarm.label("node1", "disk", "hdd").label("node3", "disk", "ssd").settle();
        assertThat(swarm.running("cache")).extracting(Task::nodeId).containsExactly("node3");
    }

    @Test
    void updateReplacesTheTaskOfEveryNode() {
        swarm.update("agent", spec -> Swarm.withImage(spec, "agent:2")).pass(Duration.ofMinutes(1));

        assertThat(nodes()).containsExactly("node1", "node2", "node3");
        assertThat(swarm.running("agent")).allMatch(task -> "agent:2".equals(swarm.image(task)));
    }
}
