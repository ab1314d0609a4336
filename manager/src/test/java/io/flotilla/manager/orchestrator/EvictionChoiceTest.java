package io.flotilla.manager.orchestrator;

import static io.flotilla.manager.orchestrator.Specs.hostPort;
import static io.flotilla.manager.orchestrator.Specs.prioritized;
import static io.flotilla.manager.orchestrator.Specs.reserving;
import static io.flotilla.manager.orchestrator.Specs.wanting;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Which of the tasks of one node go for one of a higher priority. */
class EvictionChoiceTest {
    private static final long CPU = 1_000_000_000L;
    private static final long GIB = 1L << 30;
    private final Swarm swarm = Swarm.withNodes(1);

    private List<String> preempted() {
        return swarm.state().tasks().stream()
                .filter(task -> task.labels().containsKey("flotilla.preempted-by"))
                .map(task -> String.valueOf(task.serviceId()))
                .sorted()
                .toList();
    }

    private void then(ServiceSpec urgent) {
        swarm.create(prioritized(urgent, 10)).pass(Duration.ofSeconds(20));
        assertThat(swarm.running("urgent")).hasSize(1);
    }

    @Test
    void oneLargeTaskGoesRatherThanTwoSmallOnes() {
        swarm.create(reserving(Swarm.replicated("small", 2), CPU, 0))
                .create(prioritized(reserving(Swarm.replicated("large", 1), 2 * CPU, 0), 1))
                .settle();
        then(reserving(Swarm.replicated("urgent", 1), 2 * CPU, 0));
        assertThat(preempted()).containsExactly("large");
    }

    @Test
    void memoryCountsAsProcessorsDo() {
        swarm.create(reserving(Swarm.replicated("small", 2), 0, 2 * GIB))
                .create(prioritized(reserving(Swarm.replicated("large", 1), 0, 4 * GIB), 1))
                .settle();
        then(reserving(Swarm.replicated("urgent", 1), 0, 4 * GIB));
        assertThat(preempted()).containsExactly("large");
    }

    @Test
    void genericResourcesCountToo() {
        swarm.node(
                "node1",
                as -> as.withDescription(Objects.requireNonNull(as.description())
                        .withResources(new ResourceObject(
                                4 * CPU,
                                8 * GIB,
                                List.of(new GenericResource(null, new GenericResource.Discrete("gpu", 4)))))));
        swarm.create(wanting(Swarm.replicated("small", 2), "gpu", 1))
                .create(prioritized(wanting(Swarm.replicated("large", 1), "gpu", 2), 1))
                .settle();
        then(wanting(Swarm.replicated("urgent", 1), "gpu", 2));
        assertThat(preempted()).containsExactly("large");
    }

    @Test
    void whatIsLargeInSomethingElseIsNoHelp() {
        swarm.create(reserving(Swarm.replicated("thinker", 2), 2 * CPU, 0))
                .create(prioritized(reserving(Swarm.replicated("hoarder", 1), 0, 8 * GIB), 1))
                .settle();
        then(reserving(Swarm.replicated("urgent", 1), 0, 8 * GIB));
        assertThat(preempted()).containsExactly("hoarder");
    }

    @Test
    void nobodyGoesBesideTheHolderOfThePort() {
        swarm.create(reserving(Swarm.replicated("batch", 1), 3 * CPU, 0))
                .create(prioritized(hostPort(Swarm.replicated("holder", 1), 8080), 1))
                .settle();
        then(hostPort(reserving(Swarm.replicated("urgent", 1), CPU, 0), 8080));
        assertThat(preempted()).containsExactly("holder");
    }

    @Test
    void thePortOfAContainerOfNoServiceIsNobodysToGive() {
        swarm.create(reserving(Swarm.replicated("batch", 1), 3 * CPU, 0))
                .settle()
                .container("node1", 8080, true)
                .create(prioritized(hostPort(reserving(Swarm.replicated("urgent", 1), 2 * CPU, 0), 8080), 10))
                .pass(Duration.ofSeconds(20));
        assertThat(preempted()).isEmpty();
    }

    @Test
    void theYoungestOfEqualTasksGoes() {
        swarm.create(reserving(Swarm.replicated("old", 1), 2 * CPU, 0))
                .pass(Duration.ofSeconds(1))
                .create(reserving(Swarm.replicated("young", 1), 2 * CPU, 0))
                .settle();
        then(reserving(Swarm.replicated("urgent", 1), 2 * CPU, 0));
        assertThat(preempted()).containsExactly("young");
    }

    @Test
    void forOneThatIsHeldBackNobodyGoes() {
        ServiceSpec urgent = reserving(Swarm.replicated("urgent", 1), 2 * CPU, 0);
        swarm.create(reserving(Swarm.replicated("batch", 2), 2 * CPU, 0))
                .settle()
                .create(urgent.withLabels(Map.of("flotilla.priority", "10", "flotilla.depends_on", "db")))
                .pass(Duration.ofSeconds(20));
        assertThat(preempted()).isEmpty();
        assertThat(swarm.running("batch")).hasSize(2);
        assertThat(swarm.tasks("urgent"))
                .extracting(task -> task.status().err())
                .containsExactly("waiting for service db to be created");
    }

    @Test
    void roomThatIsMadeIsOpenToTheSamePriority() {
        swarm.create(reserving(Swarm.replicated("batch", 2), 2 * CPU, 0)).settle();
        swarm.running("batch").forEach(swarm::stuck);
        swarm.create(prioritized(reserving(Swarm.replicated("first", 1), 2 * CPU, 0), 10))
                .settle();
        Task leaving = swarm.tasks("batch").stream()
                .filter(task -> !task.labels().isEmpty())
                .findFirst()
                .orElseThrow();
        swarm.create(prioritized(Swarm.replicated("second", 1), 10)).settle();
        assertThat(swarm.running("second")).extracting(Task::nodeId).containsExactly(leaving.nodeId());
        swarm.create(prioritized(Swarm.replicated("third", 1), 9)).settle();
        assertThat(swarm.running("third")).isEmpty();
    }
}
