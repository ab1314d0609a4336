package io.flotilla.manager.orchestrator;

import static io.flotilla.manager.orchestrator.Specs.hostPort;
import static io.flotilla.manager.orchestrator.Specs.placed;
import static io.flotilla.manager.orchestrator.Specs.reserving;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.ServiceRestartPolicyBuilder;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private final Swarm swarm = Swarm.withNodes(2);

    private @Nullable String reason(String service) {
        return swarm.tasks(service).getLast().status().err();
    }

    @Test
    void unmetConstraintIsNamedAndMetOnceANodeGetsTheLabel() {
        swarm.create(GlobalServiceTest.constrained(Swarm.replicated("web", 1), "node.labels.x==y"))
                .settle();
        assertThat(reason("web"))
                .isEqualTo(
                        "no suitable node (scheduling constraints not satisfied on 2 nodes): node1 does not meet node.labels.x==y");
        assertThat(swarm.tasks("web").getFirst().state()).isEqualTo(TaskState.PENDING);

        swarm.label("node2", "x", "y").settle();
        assertThat(swarm.running("web")).extracting(Task::nodeId).containsExactly("node2");
        assertThat(reason("web")).isNull();
    }

    @Test
    void insufficientResourcesAreNamedAndCountWhatOthersReserve() {
        swarm.create(reserving(Swarm.replicated("web", 5), 2_000_000_000L, 0)).settle();

        assertThat(swarm.running("web")).hasSize(4);
        assertThat(reason("web"))
                .isEqualTo(
                        "no suitable node (insufficient resources on 2 nodes): node1 has 0 of 4 CPUs free, 2 wanted");
    }

    @Test
    void waitingTaskTakesWhatAnotherServiceGivesBack() {
        swarm.create(reserving(Swarm.replicated("big", 2), 0, 8L << 30))
                .settle()
                .create(reserving(Swarm.replicated("web", 1), 0, 1L << 30))
                .settle();
        assertThat(swarm.running("web")).isEmpty();

        swarm.remove("big").settle();
        assertThat(swarm.running("web")).hasSize(1);
    }

    @Test
    void reasonsAreJoinedTheMostFrequentFirst() {
        swarm.node("node3", node -> node)
                .availability("node1", NodeSpec.Availability.PAUSE)
                .create(reserving(Swarm.replicated("web", 1), 64_000_000_000L, 0));

        assertThat(reason("web"))
                .isEqualTo("no suitable node (insufficient resources on 2 nodes; 1 node not available for new tasks):"
                        + " node2 has 4 of 4 CPUs free, 64 wanted; node1 is paused");
    }

    @Test
    void nodesThatAreDownOrDrainedAreNotAvailable() {
        swarm.availability("node1", NodeSpec.Availability.DRAIN)
                .nodeState("node2", NodeState.DOWN)
                .create(Swarm.replicated("web", 1));

        assertThat(reason("web")).isEqualTo("no suitable node (2 nodes not available for new tasks): node1 is drained");
    }

    @Test
    void hostPortIsGivenOnceOnANode() {
        swarm.create(hostPort(Swarm.replicated("web", 3), 8080)).settle();

        assertThat(swarm.running("web")).extracting(Task::nodeId).containsExactlyInAnyOrder("node1", "node2");
        assertThat(reason("web"))
                .isEqualTo(
                        "no suitable node (host-mode port already in use on 2 nodes): port 8080/tcp is taken on node1");
    }

    @Test
    void updatedTaskGetsTheHostPortOfTheOneItReplaces() {
        swarm.create(hostPort(Swarm.replicated("web", 2), 8080)).settle();
        swarm.update("web", spec -> Swarm.withImage(spec, "nginx:2")).pass(Duration.ofMinutes(1));

        assertThat(swarm.running("web")).hasSize(2).allMatch(task -> "nginx:2".equals(swarm.image(task)));
    }

    @Test
    void otherPlatformIsUnsupported() {
        swarm.create(placed(
                Swarm.replicated("arm", 1), placement -> placement.platforms(List.of(new Platform("arm64", "linux")))));
        swarm.create(placed(
                        Swarm.replicated("amd", 1),
                        placement -> placement.platforms(List.of(new Platform("amd64", "linux")))))
                .settle();

        assertThat(reason("arm"))
                .isEqualTo(
                        "no suitable node (unsupported platform on 2 nodes): node1 is linux/amd64, the image is for linux/arm64");
        assertThat(swarm.running("amd")).hasSize(1);
    }

    @Test
    void noNodeGetsMoreThanTheMaximumOfReplicas() {
        swarm.create(placed(Swarm.replicated("web", 5), placement -> placement.maxReplicas(2L)))
                .settle();

        assertThat(swarm.running("web")).hasSize(4);
        assertThat(reason("web"))
                .isEqualTo("no suitable node (max replicas per node limit exceed): node1 has 2 of at most 2");
    }

    @Test
    void tasksAreSpreadOverTheValuesOfAPreference() {
        swarm.node("node3", node -> node)
                .label("node1", "zone", "a")
                .label("node2", "zone", "a")
                .label("node3", "zone", "b")
                .create(byZone("web", 4))
                .settle();

        assertThat(swarm.running("web"))
                .extracting(Task::nodeId)
                .containsExactlyInAnyOrder("node1", "node2", "node3", "node3");
    }

    private static ServiceSpec byZone(String name, int replicas) {
        return placed(
                Swarm.replicated(name, replicas),
                placement -> placement.preferences(
                        List.of(new Placement.Preference(new Placement.Preference.Spread("node.labels.zone")))));
    }

    @Test
    void servicesOfOneTaskAreNotAllInTheFirstZone() {
        swarm.node("node3", node -> node)
                .label("node1", "zone", "a")
                .label("node2", "zone", "a")
                .label("node3", "zone", "b");
        List<String> nodes = new ArrayList<>();
        for (int i = 1; i <= 6; i++) {
            swarm.create(byZone("web" + i, 1)).settle();
            nodes.add(swarm.running("web" + i).getFirst().nodeId());
        }

        assertThat(nodes).containsExactlyInAnyOrder("node1", "node1", "node2", "node2", "node3", "node3");
    }

    @Test
    void theTaskTooManyForAnEvenSpreadGoesToTheLeastLoadedZone() {
        swarm.node("node3", node -> node)
                .label("node1", "zone", "a")
                .label("node2", "zone", "b")
                .label("node3", "zone", "c")
                .create(placed(
                        Swarm.replicated("filler", 1),
                        placement -> placement.constraints(List.of("node.labels.zone==a"))))
                .settle()
                .create(byZone("web", 4))
                .settle();

        assertThat(swarm.running("web"))
                .extracting(Task::nodeId)
                .containsExactlyInAnyOrder("node1", "node2", "node2", "node3");
    }

    @Test
    void nodeWhereAServiceKeepsFailingIsAvoided() {
        ServiceSpec spec = Swarm.replicated("web", 1);
        ServiceSpec eager = spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                .withRestartPolicy(ServiceRestartPolicyBuilder.builder()
                        .delay(Duration.ofSeconds(1).toNanos())
                        .build()));
        swarm.availability("node1", NodeSpec.Availability.PAUSE)
                .create(Swarm.replicated("filler", 3))
                .settle()
                .availability("node1", NodeSpec.Availability.ACTIVE)
                .fate(task -> "node1".equals(task.nodeId()) ? TaskState.FAILED : TaskState.RUNNING)
                .create(eager)
                .pass(Duration.ofSeconds(10));

        assertThat(swarm.running("web")).extracting(Task::nodeId).containsExactly("node2");
    }

    @Test
    void nodeThatNoLongerMeetsTheConstraintsLosesTheTask() {
        swarm.label("node1", "x", "y")
                .create(GlobalServiceTest.constrained(Swarm.replicated("web", 1), "node.labels.x==y"))
                .settle()
                .label("node2", "x", "y")
                .label("node1", "x", "z")
                .pass(Duration.ofSeconds(5));

        Task rejected = swarm.tasks("web").getFirst();
        assertThat(rejected.state()).isEqualTo(TaskState.REJECTED);
        assertThat(rejected.status().err()).isEqualTo("assigned node no longer meets constraints");
        assertThat(rejected.desiredState()).isEqualTo(TaskState.SHUTDOWN);
        assertThat(swarm.running("web")).extracting(Task::nodeId).containsExactly("node2");
    }

    @Test
    void globalTaskWithoutRoomOnItsNodeSaysWhy() {
        swarm.create(reserving(Swarm.replicated("big", 2), 4_000_000_000L, 0))
                .settle()
                .create(reserving(Swarm.global("agent"), 1_000_000_000L, 0))
                .settle();

        assertThat(reason("agent")).isEqualTo("insufficient resources on 1 node: node2 has 0 of 4 CPUs free, 1 wanted");
    }
}
