package io.flotilla.manager.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Task;
import io.flotilla.manager.state.ClusterState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The short way to the best node takes the nodes that a look at all of them would, as long as there are fresh ones. */
class LeastLoadedPropertiesTest {
    private static final String SERVICE = "s1";
    private static final TaskGroup GROUP = new TaskGroup(SERVICE, 1);

    /**
     * @param others tasks of another service
     * @param own tasks of the service itself
     */
    record Host(int zone, int others, int own, boolean ready, boolean holdsImage, boolean failed) {}

    @Provide
    Arbitrary<List<Host>> hosts() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.of(0, 0, 0, 1, 2),
                        Arbitraries.of(true, true, true, false),
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false, false, false))
                .as(Host::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(9);
    }

    @Property(tries = 300)
    void theShortWayIsTheLongOne(@ForAll("hosts") List<Host> hosts, @ForAll boolean byZone, @ForAll boolean tagged) {
        List<String> spreadBy = byZone ? List.of("node.labels.zone") : List.of();
        Requirements needs = Requirements.NONE.withSpreadBy(spreadBy);
        Fleet fleet = fleet(hosts);
        Set<String> holders = tagged ? holders(hosts) : Set.of();
        Ranking ranking = new Ranking(GROUP, PlacementLabels.Strategy.SPREAD, holders, Fleets.NOW);

        SpreadTree tree = new SpreadTree(ranking, hosts.size(), fleet.topology(needs));
        fleet.nodes().forEach(node -> tree.add(node, node.isReady()));
        LeastLoaded best = new LeastLoaded(
                fleet.topology(needs),
                fleet.nodesOf(SERVICE),
                ranking,
                new Pipeline(SERVICE, needs, ClusterState::empty));
        for (int task = 0; task < hosts.size(); task++) {
            NodeInfo wanted = tree.take();
            NodeInfo taken = best.take();
            if (taken == null) {
                assertThat(wanted == null || !isFresh(wanted))
                        .as("there was a fresh node, " + (wanted == null ? "" : wanted.id()))
                        .isTrue();
                return;
            }
            assertThat(taken.id()).isEqualTo(Objects.requireNonNull(wanted).id());
            Task placed = Fleets.task("placed" + task, SERVICE, taken.id());
            fleet.taskChanged(ClusterState.empty(), placed.id(), placed);
            tree.offer(taken);
        }
    }

    private static boolean isFresh(NodeInfo node) {
        return node.activeTasksOf(SERVICE) == 0 && node.recentFailures(GROUP, Fleets.NOW) < NodeInfo.MAX_FAILURES;
    }

    private static Set<String> holders(List<Host> hosts) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < hosts.size(); i++) {
            if (hosts.get(i).holdsImage()) {
                ids.add("n" + i);
            }
        }
        return Set.copyOf(ids);
    }

    private static Fleet fleet(List<Host> hosts) {
        Fleet fleet = new Fleet();
        for (int i = 0; i < hosts.size(); i++) {
            Host host = hosts.get(i);
            String id = "n" + i;
            Node node = Fleets.node(id, host.zone() == 0 ? Map.of() : Map.of("zone", "z" + host.zone()));
            fleet.nodeChanged(id, host.ready() ? node : node.withStatus(null));
            for (int task = 0; task < host.others(); task++) {
                note(fleet, id + "-other" + task, "s2", id);
            }
            for (int task = 0; task < host.own(); task++) {
                note(fleet, id + "-own" + task, SERVICE, id);
            }
            for (int failure = 0; host.failed() && failure < NodeInfo.MAX_FAILURES; failure++) {
                fleet.node(id).failed(GROUP, Fleets.NOW);
            }
        }
        return fleet;
    }

    private static void note(Fleet fleet, String id, String service, String node) {
        fleet.taskChanged(ClusterState.empty(), id, Fleets.task(id, service, node));
    }
}
