package io.flotilla.manager.orchestrator;

import static io.flotilla.manager.orchestrator.Specs.hostPort;
import static io.flotilla.manager.orchestrator.Specs.reserving;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What tasks without a node are told while others come and go. */
class PlacementReasonsTest {
    private static final long CPU = 1_000_000_000L;
    private final Swarm swarm = Swarm.withNodes(1);

    private Collection<String> reasons(String service) {
        return new TreeSet<>(swarm.tasks(service).stream()
                .map(task -> Objects.requireNonNull(task.status().err()))
                .toList());
    }

    private static String free(int cpus) {
        return "no suitable node (insufficient resources on 1 node): node1 has " + cpus + " of 4 CPUs free, 5 wanted";
    }

    @Test
    void theExampleOfAHundredTasksIsKeptUpToDate() {
        swarm.create(reserving(Swarm.replicated("huge", 100), 5 * CPU, 0)).settle();
        assertThat(reasons("huge")).containsExactly(free(4));
        swarm.create(reserving(Swarm.replicated("other", 1), CPU, 0))
                .settle()
                .node("node2", node -> node)
                .removeNode("node2");
        assertThat(reasons("huge")).containsExactly(free(3));
    }

    @Test
    void theExampleOfMoreIsOnlyRenewedWithTheReason() {
        swarm.create(reserving(Swarm.replicated("huge", 101), 5 * CPU, 0)).settle();
        assertThat(reasons("huge")).containsExactly(free(4));
        swarm.create(reserving(Swarm.replicated("other", 1), CPU, 0)).settle().label("node1", "any", "thing");
        assertThat(reasons("huge")).containsExactly(free(4));
        swarm.node("node2", node -> node);
        assertThat(reasons("huge"))
                .isEqualTo(new TreeSet<>(List.of("no suitable node (insufficient resources on 2 nodes):"
                        + " node1 has 3 of 4 CPUs free, 5 wanted")));
    }

    @Test
    void aNewLeaderKnowsThePortsOfContainers() {
        swarm.container("node1", 8080, true)
                .newLeader()
                .create(hostPort(Swarm.replicated("web", 1), 8080))
                .settle();
        assertThat(reasons("web"))
                .containsExactly("no suitable node (host-mode port already in use on 1 node):"
                        + " port 8080/tcp is taken on node1");
    }
}
