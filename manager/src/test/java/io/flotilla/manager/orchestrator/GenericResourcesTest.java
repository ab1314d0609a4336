package io.flotilla.manager.orchestrator;

import static io.flotilla.manager.orchestrator.Specs.wanting;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GenericResourcesTest {
    private final Swarm swarm = Swarm.withNodes(1);

    private static GenericResource named(String kind, String value) {
        return new GenericResource(new GenericResource.Named(kind, value), null);
    }

    private static GenericResource counted(String kind, long value) {
        return new GenericResource(null, new GenericResource.Discrete(kind, value));
    }

    private void offer(String node, GenericResource... resources) {
        swarm.node(
                node,
                as -> as.withDescription(Objects.requireNonNull(as.description())
                        .withResources(new ResourceObject(4_000_000_000L, 8L << 30, List.of(resources)))));
    }

    private List<GenericResource> assigned(String service) {
        return swarm.running(service).stream()
                .flatMap(task -> task.assignedGenericResources().stream())
                .toList();
    }

    @Test
    void tasksGetDifferentUnitsByName() {
        offer("node1", named("gpu", "UUID1"), named("gpu", "UUID2"), named("gpu", "UUID3"));
        swarm.create(wanting(Swarm.replicated("one", 1), "gpu", 2))
                .create(wanting(Swarm.replicated("two", 1), "gpu", 1))
                .settle();

        assertThat(assigned("one")).containsExactly(named("gpu", "UUID1"), named("gpu", "UUID2"));
        assertThat(assigned("two")).containsExactly(named("gpu", "UUID3"));
    }

    @Test
    void countedUnitsRunOutAndComeBack() {
        offer("node1", counted("apple", 3));
        swarm.create(wanting(Swarm.replicated("one", 2), "apple", 2)).settle();
        assertThat(assigned("one")).containsExactly(counted("apple", 2));
        assertThat(swarm.tasks("one"))
                .extracting(task -> task.status().err())
                .contains("no suitable node (insufficient resources on 1 node): node1 has 1 of 3 apple free, 2 wanted");

        swarm.create(wanting(Swarm.replicated("two", 1), "apple", 1)).settle();
        assertThat(assigned("two")).containsExactly(counted("apple", 1));
        swarm.scale("one", 1).remove("two").settle().create(wanting(Swarm.replicated("three", 1), "apple", 1));
        assertThat(swarm.settle().running("three")).hasSize(1);
    }

    @Test
    void whatNoNodeHasIsNamed() {
        swarm.create(wanting(Swarm.replicated("web", 1), "gpu", 1)).settle();

        assertThat(swarm.tasks("web").getFirst().status().err())
                .isEqualTo("no suitable node (insufficient resources on 1 node): node1 has 0 of 0 gpu free, 1 wanted");
    }

    @Test
    void newLeaderKnowsWhichUnitsAreHeld() {
        offer("node1", named("gpu", "UUID1"), named("gpu", "UUID2"));
        swarm.create(wanting(Swarm.replicated("one", 1), "gpu", 1))
                .settle()
                .newLeader()
                .create(wanting(Swarm.replicated("two", 1), "gpu", 1))
                .settle();

        assertThat(assigned("two")).containsExactly(named("gpu", "UUID2"));
    }

    @Test
    void taskWhoseUnitIsGoneLeavesItsNode() {
        swarm.node("node2", node -> node);
        offer("node1", named("gpu", "UUID1"));
        swarm.create(wanting(Swarm.replicated("web", 1), "gpu", 1)).settle();
        offer("node2", named("gpu", "UUID9"));
        offer("node1", named("gpu", "UUID2"));
        swarm.pass(Duration.ofSeconds(10));

        Task rejected = swarm.tasks("web").getFirst();
        assertThat(rejected.state()).isEqualTo(TaskState.REJECTED);
        assertThat(rejected.assignedGenericResources()).containsExactly(named("gpu", "UUID1"));
        assertThat(assigned("web")).hasSize(1).doesNotContain(named("gpu", "UUID1"));
    }
}
