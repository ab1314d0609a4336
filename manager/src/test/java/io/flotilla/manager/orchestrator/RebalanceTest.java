package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.PlacementBuilder;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SwarmSpecBuilder;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.rebalance.RebalanceRules;
import io.flotilla.manager.orchestrator.rebalance.Rebalancer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Tasks that move to nodes that joined, came back or became active. */
class RebalanceTest {
    private static final Map<String, String> ON = Map.of(RebalanceRules.LABEL, "true");

    private static ServiceSpec balanced(String name, long replicas) {
        return Swarm.replicated(name, replicas).withLabels(ON);
    }

    private static Map<String, Long> perNode(Swarm swarm, String service) {
        return swarm.running(service).stream()
                .collect(Collectors.groupingBy(task -> Objects.requireNonNull(task.nodeId()), Collectors.counting()));
    }

    /** Live tasks on their way beside one that runs. */
    private static long moving(Swarm swarm, String service) {
        return Slot.allOf(swarm.state(), service).values().stream()
                .filter(slot -> slot.live().size() > 1)
                .count();
    }

    @Test
    void aNodeThatJoinsGetsItsShareAndNoReplicaIsEverMissing() {
        Swarm swarm = Swarm.withNodes(2).create(balanced("web", 6)).settle();
        List<Long> moving = new ArrayList<>();
        swarm.afterEveryTurn(now -> {
            assertThat(now.running("web").stream().map(Task::slot).distinct().count())
                    .isEqualTo(6);
            moving.add(moving(now, "web"));
        });
        swarm.node("node3", node -> node).settle();

        assertThat(perNode(swarm, "web")).isEqualTo(Map.of("node1", 2L, "node2", 2L, "node3", 2L));
        assertThat(moving).contains(1L).doesNotContain(2L);
        assertThat(swarm.running("web"))
                .filteredOn(task -> "node3".equals(task.nodeId()))
                .allMatch(task ->
                        String.valueOf(task.labels().get(Rebalancer.REASON)).contains("to node3, which has "));
    }

    @Test
    void moreMovesAtATimeAreMadeWhenTheLabelSaysSo() {
        Swarm swarm = Swarm.withNodes(1)
                .create(Swarm.replicated("web", 6)
                        .withLabels(Map.of(RebalanceRules.LABEL, "true", RebalanceRules.PARALLELISM, "3")))
                .settle();
        List<Long> moving = new ArrayList<>();
        swarm.afterEveryTurn(now -> moving.add(moving(now, "web")));
        swarm.node("node2", node -> node).settle();

        assertThat(perNode(swarm, "web")).isEqualTo(Map.of("node1", 3L, "node2", 3L));
        assertThat(moving).contains(3L).allMatch(count -> count <= 3);
    }

    @Test
    void withoutTheLabelNothingMoves() {
        Swarm swarm = Swarm.withNodes(1).create(Swarm.replicated("web", 4)).settle();
        swarm.node("node2", node -> node).settle();
        assertThat(perNode(swarm, "web")).isEqualTo(Map.of("node1", 4L));
    }

    @Test
    void aNodeThatWasDownOrPausedGetsItsShareWhenItIsBack() {
        Swarm swarm = Swarm.withNodes(2).create(balanced("web", 4)).settle();
        swarm.nodeState("node2", NodeState.DOWN).pass(Duration.ofSeconds(10));
        assertThat(perNode(swarm, "web")).isEqualTo(Map.of("node1", 4L));
        swarm.nodeState("node2", NodeState.READY).settle();
        assertThat(perNode(swarm, "web")).isEqualTo(Map.of("node1", 2L, "node2", 2L));

        swarm.availability("node1", NodeSpec.Availability.PAUSE).scale("web", 7);
        swarm.update("web", spec -> spec.withLabels(ON)).settle();
        swarm.availability("node1", NodeSpec.Availability.ACTIVE).settle();
        assertThat(perNode(swarm, "web").values()).containsExactlyInAnyOrder(3L, 4L);
    }

    @Test
    void theSwarmsLabelMovesServicesThatDoNotSayOtherwise() {
        Swarm swarm = Swarm.withNodes(1)
                .swarmSpec(SwarmSpecBuilder.builder().labels(ON).build())
                .create(Swarm.replicated("web", 4))
                .create(Swarm.replicated("fixed", 4).withLabels(Map.of(RebalanceRules.LABEL, "false")))
                .settle();
        swarm.node("node2", node -> node).settle();
        assertThat(perNode(swarm, "web")).isEqualTo(Map.of("node1", 2L, "node2", 2L));
        assertThat(perNode(swarm, "fixed")).isEqualTo(Map.of("node1", 4L));
    }

    @Test
    void whatFailsOnTheNewNodeStaysWhereItRuns() {
        Swarm swarm = Swarm.withNodes(1).create(balanced("web", 4)).settle();
        List<String> before = swarm.running("web").stream().map(Task::id).toList();
        swarm.fate(task -> "node2".equals(task.nodeId()) ? TaskState.FAILED : TaskState.RUNNING);
        swarm.node("node2", node -> node).pass(Duration.ofMinutes(4));
        assertThat(swarm.running("web")).extracting(Task::id).containsExactlyElementsOf(before);
        assertThat(swarm.tasks("web").stream().filter(task -> "node2".equals(task.nodeId())))
                .hasSize(1);

        swarm.fate(task -> TaskState.RUNNING).pass(Duration.ofMinutes(2));
        assertThat(perNode(swarm, "web")).isEqualTo(Map.of("node1", 2L, "node2", 2L));
    }

    @Test
    void aNewLeaderGoesOnWithAMove() {
        Swarm swarm = Swarm.withNodes(1).create(balanced("web", 2)).settle();
        swarm.node("node2", node -> node).newLeader();
        assertThat(moving(swarm, "web")).isEqualTo(1);
        swarm.newLeader().settle();
        assertThat(perNode(swarm, "web")).isEqualTo(Map.of("node1", 1L, "node2", 1L));
        assertThat(moving(swarm, "web")).isZero();
    }

    @Test
    void movesKeepToThePlacementPreferences() {
        Placement spread = PlacementBuilder.builder()
                .preferences(List.of(new Placement.Preference(new Placement.Preference.Spread("node.labels.zone"))))
                .build();
        ServiceSpec spec = balanced("web", 6);
        Swarm swarm = Swarm.withNodes(3)
                .label("node1", "zone", "a")
                .label("node2", "zone", "b")
                .label("node3", "zone", "b")
                .create(spec.withTaskTemplate(
                        Objects.requireNonNull(spec.taskTemplate()).withPlacement(spread)))
                .settle();
        Map<String, Long> placed = perNode(swarm, "web");
        assertThat(placed.get("node1")).isEqualTo(3L);
        swarm.node("node4", node -> node).label("node4", "zone", "b").settle();
        assertThat(perNode(swarm, "web")).isEqualTo(Map.of("node1", 3L, "node2", 1L, "node3", 1L, "node4", 1L));
    }

    @Tag("long")
    @Property(tries = 60)
    void aSwarmThatChangesComesToRestEvenly(
            @ForAll @IntRange(min = 1, max = 12) int replicas,
            @ForAll @Size(max = 12) List<@IntRange(min = 0, max = 8) Integer> steps) {
        Swarm swarm = Swarm.withNodes(2).create(balanced("web", replicas)).settle();
        Set<String> ready = new HashSet<>(Set.of("node1", "node2"));
        for (int step : steps) {
            String node = "node" + (1 + step % 4);
            if (step >= 6 || !ready.contains(node)) {
                ready.add(node);
                swarm.nodeState(node, NodeState.READY);
            } else if (ready.size() > 1) {
                ready.remove(node);
                swarm.nodeState(node, NodeState.DOWN);
            }
            swarm.pass(Duration.ofSeconds(step));
        }
        swarm.pass(Duration.ofMinutes(15));

        Map<String, Long> counts = new HashMap<>();
        ready.forEach(node -> counts.put(node, 0L));
        counts.putAll(perNode(swarm, "web"));
        assertThat(swarm.running("web")).hasSize(replicas);
        assertThat(counts.keySet()).isEqualTo(ready);
        assertThat(counts.values().stream().mapToLong(Long::longValue).max().orElse(0)
                        - counts.values().stream()
                                .mapToLong(Long::longValue)
                                .min()
                                .orElse(0))
                .isLessThanOrEqualTo(1);
        int tasks = swarm.tasks("web").size();
        swarm.pass(Duration.ofHours(1));
        assertThat(swarm.tasks("web")).as("at rest").hasSize(tasks);
    }

    @Test
    void wrongLabelsAreNamed() {
        assertThat(RebalanceRules.malformed(balanced("web", 1).withLabels(Map.of(RebalanceRules.LABEL, "yes"))))
                .contains("label flotilla.rebalance is \"yes\": must be true or false");
        assertThat(RebalanceRules.malformed(Swarm.global("web").withLabels(ON)))
                .contains("label flotilla.rebalance: only replicated services can be rebalanced");
        assertThat(RebalanceRules.malformed(balanced("web", 1).withLabels(Map.of(RebalanceRules.PARALLELISM, "0"))))
                .isPresent();
    }
}
