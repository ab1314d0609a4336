package io.flotilla.manager.orchestrator;

import static io.flotilla.manager.orchestrator.Specs.reserving;
import static io.flotilla.manager.orchestrator.Specs.wanting;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node has less than it had: its oldest tasks stay as long as there is room. */
class ShrunkNodeTest {
    private static final long CPU = 1_000_000_000L;
    private static final long GIB = 1L << 30;
    private final Swarm swarm = Swarm.withNodes(1);

    private void has(long nanoCpus, long memoryBytes, long apples) {
        GenericResource some = new GenericResource(null, new GenericResource.Discrete("apple", apples));
        swarm.node(
                "node1",
                node -> node.withDescription(Objects.requireNonNull(node.description())
                        .withResources(new ResourceObject(nanoCpus, memoryBytes, List.of(some)))));
    }

    private List<TaskState> states() {
        return List.of("first", "second", "third").stream()
                .map(service -> swarm.tasks(service).getFirst().state())
                .toList();
    }

    @BeforeEach
    void threeTasks() {
        has(4 * CPU, 8 * GIB, 3);
        for (String service : List.of("first", "second", "third")) {
            swarm.create(reserving(Swarm.replicated(service, 1), CPU, 2 * GIB)).pass(Duration.ofSeconds(1));
        }
    }

    @Test
    void ofTheProcessorsTheOldestTasksKeepTheirs() {
        has(3 * CPU, 8 * GIB, 3);
        assertThat(states()).containsOnly(TaskState.RUNNING);
        has(3 * CPU - 1, 8 * GIB, 3);
        assertThat(states()).containsExactly(TaskState.RUNNING, TaskState.RUNNING, TaskState.REJECTED);
    }

    @Test
    void ofTheMemoryTheOldestTasksKeepTheirs() {
        has(4 * CPU, 6 * GIB, 3);
        assertThat(states()).containsOnly(TaskState.RUNNING);
        has(4 * CPU, 6 * GIB - 1, 3);
        assertThat(states()).containsExactly(TaskState.RUNNING, TaskState.RUNNING, TaskState.REJECTED);
    }

    @Test
    void ofItsOwnKindsTheOldestTasksKeepTheirs() {
        for (String service : List.of("fourth", "fifth")) {
            swarm.create(wanting(Swarm.replicated(service, 1), "apple", 1)).pass(Duration.ofSeconds(1));
        }
        has(4 * CPU, 8 * GIB, 1);
        assertThat(states()).containsOnly(TaskState.RUNNING);
        assertThat(swarm.tasks("fourth").getFirst().state()).isEqualTo(TaskState.RUNNING);
        assertThat(swarm.tasks("fifth").getFirst().state()).isEqualTo(TaskState.REJECTED);
    }

    @Test
    void whatIsOnItsWayOutTakesNothingFromWhatStays() {
        Task leaving = swarm.running("first").getFirst();
        swarm.stuck(leaving).remove("first");
        has(2 * CPU, 8 * GIB, 3);
        assertThat(states()).containsOnly(TaskState.RUNNING);
    }

    @Test
    void aDrainedNodeRejectsNothing() {
        List.of("first", "second", "third")
                .forEach(service -> swarm.stuck(swarm.running(service).getFirst()));
        swarm.availability("node1", NodeSpec.Availability.DRAIN);
        has(0, 0, 0);
        assertThat(states()).containsOnly(TaskState.RUNNING);
    }
}
