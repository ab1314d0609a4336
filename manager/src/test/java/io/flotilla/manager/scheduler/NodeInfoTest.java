package io.flotilla.manager.scheduler;

import static io.flotilla.manager.scheduler.Fleets.CPU;
import static io.flotilla.manager.scheduler.Fleets.GIB;
import static io.flotilla.manager.scheduler.Fleets.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.EngineDescription;
import io.flotilla.bus.schema.NodeDescriptionBuilder;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.manager.scheduler.PlacementLabels.Strategy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is known of one node, and which of two is the better one. */
class NodeInfoTest {
    private static final TaskGroup GROUP = new TaskGroup("s1", 1);
    private static final Requirements.HostPort HTTP = new Requirements.HostPort(PortConfig.Protocol.TCP, 80);
    private static final Requirements ON_PORT = Requirements.NONE.withHostPorts(List.of(HTTP));
    private final NodeInfo info = Fleets.info(Fleets.node("n1", Map.of()));

    private static NodeInfo reserved(String id, long nanoCpus, long memoryBytes, int tasks) {
        NodeInfo node = Fleets.info(Fleets.node(id, Map.of()));
        Requirements needs = Requirements.NONE.withNanoCpus(nanoCpus).withMemoryBytes(memoryBytes);
        for (int task = 0; task < tasks; task++) {
            node.take(Fleets.share(id, "s" + task, task == 0 ? needs : Requirements.NONE));
        }
        return node;
    }

    // ---- how full

    @Test
    void aNodeIsAsFullAsItsProcessorsAndItsMemoryTogether() {
        assertThat(info.fill()).isZero();
        assertThat(reserved("n1", CPU, 4 * GIB, 1).fill()).isEqualTo(250 + 500);
        assertThat(reserved("n1", 8 * CPU, 0, 1).fill()).isEqualTo(1_000);
        NodeInfo nothing = new NodeInfo("n1");
        nothing.take(Fleets.share("n1", "s1", Requirements.NONE.withNanoCpus(CPU)));
        assertThat(nothing.fill()).isZero();
    }

    @Test
    void aPortTakenTwiceIsFreeWhenBothGaveItBack() {
        Share share = Fleets.share("n1", "s1", ON_PORT);
        info.take(share);
        info.take(share);
        info.giveBack(share);
        assertThat(info.holds(HTTP)).isTrue();
        info.giveBack(share);
        assertThat(info.holdsAny(ON_PORT)).isFalse();
    }

    @Test
    void withoutItsTasksANodeStillHasItsContainers() {
        info.take(Fleets.share("n1", "s1", ON_PORT.withNanoCpus(CPU)));
        assertThat(info.withoutTasks().holds(HTTP)).isFalse();
        assertThat(info.withoutTasks().freeNanoCpus()).isEqualTo(4 * CPU);
        info.holdForContainer(List.of(HTTP));
        assertThat(info.withoutTasks().holds(HTTP)).isTrue();
        info.releaseOfContainer(List.of(HTTP));
        assertThat(info.withoutTasks().holds(HTTP)).isFalse();
        assertThat(info.holds(HTTP)).isTrue();
    }

    @Test
    void roomIsClaimedUntilAllThatMakeItAreGone() {
        Share leaving = new Share("n1", "s1", Requirements.NONE, List.of(), false, "claimant");
        info.take(leaving);
        info.take(leaving);
        assertThat(info.claims()).isEqualTo(Map.of("claimant", 2));
        info.giveBack(leaving);
        assertThat(info.claims()).isEqualTo(Map.of("claimant", 1));
        info.giveBack(leaving);
        assertThat(info.claims()).isEmpty();
        assertThat(info.activeTasks()).isZero();
    }

    // ---- plugins

    @Test
    void pluginsAreReportedByTypeAndNameWithOrWithoutTag() {
        info.describe(Fleets.node("n1", Map.of())
                .withDescription(NodeDescriptionBuilder.builder()
                        .engine(new EngineDescription(
                                "1",
                                Map.of(),
                                List.of(
                                        new EngineDescription.Plugin("Volume", "nfs:latest"),
                                        new EngineDescription.Plugin("Network", null),
                                        new EngineDescription.Plugin("Network", "overlay"))))
                        .build()));
        assertThat(info.hasPlugins(List.of(plugin("Volume", "nfs"), plugin("Network", "overlay"))))
                .isTrue();
        assertThat(info.hasPlugins(List.of(plugin("Volume", "nfs:latest")))).isTrue();
        assertThat(info.hasPlugins(List.of(plugin("Network", "nfs")))).isFalse();
        assertThat(info.hasPlugins(List.of(plugin("Volume", "nfs"), plugin("Volume", "x"))))
                .isFalse();
        assertThat(info.hasPlugins(List.of(plugin("Log", "anything")))).isTrue();
        assertThat(info.hasPlugins(List.of(plugin("Authorization", "x")))).isFalse();
    }

    private static Requirements.Plugin plugin(String type, String name) {
        return new Requirements.Plugin(type, name);
    }

    // ---- failures

    @Test
    void failuresCountForFiveMinutes() {
        info.failed(GROUP, NOW);
        info.failed(GROUP, NOW.plusSeconds(60));
        assertThat(info.recentFailures(GROUP, NOW.plusSeconds(60))).isEqualTo(2);
        assertThat(info.recentFailures(GROUP, NOW.plus(Duration.ofMinutes(5)))).isEqualTo(2);
        assertThat(info.recentFailures(GROUP, NOW.plus(Duration.ofMinutes(5)).plusMillis(1)))
                .isEqualTo(1);
        assertThat(info.recentFailures(new TaskGroup("s1", 2), NOW)).isZero();
        assertThat(info.recentFailures(GROUP, NOW.plus(Duration.ofMinutes(10)))).isZero();
        info.failed(GROUP, NOW.plus(Duration.ofMinutes(10)));
        assertThat(info.recentFailures(GROUP, NOW.plus(Duration.ofMinutes(10)))).isEqualTo(1);
    }

    @Test
    void ofManyFailuresTheLastAreRemembered() {
        for (int second = 0; second < 9; second++) {
            info.failed(GROUP, NOW.plusSeconds(second));
        }
        assertThat(info.recentFailures(GROUP, NOW.plusSeconds(9))).isEqualTo(5);
        assertThat(info.recentFailures(GROUP, NOW.plus(Duration.ofMinutes(5)).plusSeconds(6)))
                .isEqualTo(3);
    }

    // ---- which is better

    private static String best(Strategy strategy, Set<String> holders, NodeInfo... nodes) {
        Ranking ranking = new Ranking(GROUP, strategy, holders, NOW);
        return Stream.of(nodes)
                .map(ranking::of)
                .sorted()
                .findFirst()
                .orElseThrow()
                .node()
                .id();
    }

    @Test
    void spreadingPrefersFewTasksOfTheServiceThenFewTasksThenTheImageThenTheLowerId() {
        NodeInfo idle = reserved("n5", 0, 0, 0);
        NodeInfo own = Fleets.info(Fleets.node("n1", Map.of()));
        own.take(Fleets.share("n1", "s1", Requirements.NONE));
        NodeInfo others = Fleets.info(Fleets.node("n2", Map.of()));
        others.take(Fleets.share("n2", "s2", Requirements.NONE));
        others.take(Fleets.share("n2", "s3", Requirements.NONE));
        assertThat(best(Strategy.SPREAD, Set.of("n1", "n2"), own, others, idle)).isEqualTo("n5");
        assertThat(best(Strategy.SPREAD, Set.of("n1"), own, others)).isEqualTo("n2");
        NodeInfo alike = reserved("n4", 0, 0, 0);
        assertThat(best(Strategy.SPREAD, Set.of(), idle, alike)).isEqualTo("n4");
        assertThat(best(Strategy.SPREAD, Set.of("n4", "n5"), idle, alike)).isEqualTo("n4");
        assertThat(best(Strategy.SPREAD, Set.of("n5"), idle, alike)).isEqualTo("n5");
        assertThat(best(Strategy.SPREAD, Set.of("n5"), alike, idle)).isEqualTo("n5");
    }

    @Test
    void packingPrefersTheFullestThenTheMostTasks() {
        NodeInfo full = reserved("n5", 3 * CPU, 0, 1);
        NodeInfo busy = reserved("n4", CPU, 0, 3);
        NodeInfo idle = reserved("n1", 0, 0, 0);
        assertThat(best(Strategy.BINPACK, Set.of("n1"), idle, busy, full)).isEqualTo("n5");
        NodeInfo busier = reserved("n6", CPU, 0, 4);
        assertThat(best(Strategy.BINPACK, Set.of("n4"), idle, busy, busier)).isEqualTo("n6");
    }

    @Test
    void aNodeWhereTheGroupFailedFiveTimesIsTheLast() {
        NodeInfo failing = Fleets.info(Fleets.node("n1", Map.of()));
        NodeInfo loaded = reserved("n2", 0, 0, 3);
        for (int failure = 0; failure < 4; failure++) {
            failing.failed(GROUP, NOW);
        }
        assertThat(best(Strategy.SPREAD, Set.of(), failing, loaded)).isEqualTo("n1");
        failing.failed(GROUP, NOW);
        assertThat(best(Strategy.SPREAD, Set.of(), failing, loaded)).isEqualTo("n2");
        assertThat(best(Strategy.SPREAD, Set.of(), loaded, failing)).isEqualTo("n2");
    }

    @Test
    void nodesAreBranchedByLabelsOfTheNodeAndTheEngineOnly() {
        assertThat(SpreadTree.known(List.of(
                        "node.labels.zone", "engine.labels.rack", "Node.Labels.x", "node.labels.", "node.id", "zone")))
                .containsExactly("node.labels.zone", "engine.labels.rack", "Node.Labels.x");
    }

    @Test
    void aTreeTakesNoMoreThanItWasToldButTheBest() {
        SpreadTree tree = new SpreadTree(
                new Ranking(GROUP, Strategy.BINPACK, Set.of(), NOW),
                2,
                new Topology(new Topology.Shape(List.of(), List.of())));
        List.of(
                        reserved("n1", 0, 0, 0),
                        reserved("n2", 2 * CPU, 0, 1),
                        reserved("n3", CPU, 0, 1),
                        reserved("n4", 3 * CPU, 0, 1))
                .forEach(node -> tree.add(node, true));
        assertThat(tree.take()).extracting(NodeInfo::id).isEqualTo("n4");
        assertThat(tree.take()).extracting(NodeInfo::id).isEqualTo("n2");
        assertThat(tree.take()).isNull();
    }
}
