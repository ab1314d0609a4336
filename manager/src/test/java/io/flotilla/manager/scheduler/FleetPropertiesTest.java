package io.flotilla.manager.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.SpecRevisionBuilder;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.ClusterState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The scheduler's books, kept one change after the other, against what the state says. */
class FleetPropertiesTest {
    private static final Requirements ANYWHERE = Requirements.NONE;
    private static final Requirements BY_ZONE = ANYWHERE.withSpreadBy(List.of("node.labels.zone"));
    private static final Requirements BY_ZONE_AND_RACK =
            ANYWHERE.withSpreadBy(List.of("node.labels.zone", "node.labels.rack"));
    private static final Requirements NOT_A =
            ANYWHERE.withConstraints(Constraint.parse(List.of("node.labels.zone!=a")));

    /** @param change of node or task {@code number}, with what it is then, or is not any more */
    record Step(int number, boolean task, int service, int node, int state, boolean leaves) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 5),
                        Arbitraries.of(true, true, false),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, 7),
                        Arbitraries.of(true, false))
                .as(Step::new)
                .list()
                .ofMaxSize(25);
    }

    @Property(tries = 200)
    void theBooksSayWhatTheStateSays(@ForAll("steps") List<Step> steps) {
        ClusterState state = ClusterState.empty();
        for (int service = 0; service < 3; service++) {
            state = state.with(revision("s" + service, service));
        }
        Fleet fleet = new Fleet();
        List<Requirements> shapes = List.of(ANYWHERE, BY_ZONE, BY_ZONE_AND_RACK, NOT_A);
        shapes.forEach(fleet::topology);
        for (Step step : steps) {
            state = step.task() ? taskStep(state, fleet, step) : nodeStep(state, fleet, step);
            assertBooks(state, fleet);
            for (Requirements shape : shapes) {
                assertThat(contents(fleet.topology(shape))).isEqualTo(expected(state, shape));
            }
        }
    }

    private static ClusterState nodeStep(ClusterState state, Fleet fleet, Step step) {
        String id = "n" + step.number() % 4;
        if (step.state() == 0) {
            ClusterState next = state.without(ObjectKind.NODE, id);
            fleet.nodeChanged(id, null);
            return next;
        }
        Map<String, String> labels = new TreeMap<>();
        if (step.service() > 0) {
            labels.put("zone", step.service() == 1 ? "a" : "b");
        }
        if (step.node() > 1) {
            labels.put("rack", String.valueOf(step.node()));
        }
        Node node = Fleets.node(id, labels);
        Node changed = node.withStatus(new NodeStatus(step.state() == 1 ? NodeState.DOWN : NodeState.READY, null, null))
                .withSpec(node.spec()
                        .withAvailability(
                                step.state() == 2 ? NodeSpec.Availability.PAUSE : NodeSpec.Availability.ACTIVE));
        fleet.nodeChanged(id, changed);
        return state.with(changed);
    }

    private static ClusterState taskStep(ClusterState state, Fleet fleet, Step step) {
        String id = "t" + step.number();
        if (step.state() == 0) {
            ClusterState next = state.without(ObjectKind.TASK, id);
            fleet.taskChanged(next, id, null);
            return next;
        }
        TaskState observed = List.of(
                        TaskState.PENDING,
                        TaskState.ASSIGNED,
                        TaskState.PREPARING,
                        TaskState.RUNNING,
                        TaskState.RUNNING,
                        TaskState.COMPLETE,
                        TaskState.SHUTDOWN)
                .get(step.state() - 1);
        // a task never moves
        Task task = Fleets.task(id, "s" + step.service(), "n" + step.number() % 4);
        Task changed = task.withStatus(task.status().withState(observed))
                .withDesiredState(step.leaves() ? TaskState.SHUTDOWN : TaskState.RUNNING)
                .withLabels(step.leaves() && step.node() > 1 ? Map.of("flotilla.preempted-by", "t5") : Map.of());
        ClusterState next = state.with(changed);
        fleet.taskChanged(next, id, changed);
        return next;
    }

    private static SpecRevision revision(String serviceId, int cpus) {
        return SpecRevisionBuilder.builder()
                .id(SpecRevision.idOf(serviceId, 1))
                .version(new ObjectVersion(0))
                .createdAt(Fleets.NOW)
                .updatedAt(Fleets.NOW)
                .serviceId(serviceId)
                .specVersion(1)
                .spec(TaskSpecBuilder.builder()
                        .resources(new ResourceRequirements(
                                null, new ResourceObject(cpus * Fleets.CPU, Fleets.GIB, List.of()), null, null))
                        .build())
                .build();
    }

    // ---- what the state says

    private static boolean isThere(Task task) {
        return task.state().compareTo(TaskState.ASSIGNED) >= 0 && task.state().compareTo(TaskState.RUNNING) <= 0;
    }

    private static boolean isToStay(Task task) {
        return task.desiredState() == TaskState.RUNNING;
    }

    private static List<Task> on(ClusterState state, String nodeId, Predicate<Task> which) {
        return state.tasksOnNode(nodeId).stream()
                .filter(FleetPropertiesTest::isThere)
                .filter(which)
                .toList();
    }

    private static boolean isReady(Node node) {
        return Objects.requireNonNull(node.status()).state() == NodeState.READY
                && node.spec().availability() == NodeSpec.Availability.ACTIVE;
    }

    private static void assertBooks(ClusterState state, Fleet fleet) {
        Set<String> known = Stream.of("n0", "n1", "n2", "n3")
                .filter(id -> state.node(id).isPresent()
                        || !on(state, id, task -> true).isEmpty())
                .collect(Collectors.toSet());
        assertThat(fleet.nodes()).extracting(NodeInfo::id).containsExactlyInAnyOrderElementsOf(known);
        for (NodeInfo info : fleet.nodes()) {
            String id = info.id();
            List<Task> tasks = on(state, id, task -> true);
            long cpus = tasks.stream()
                    .mapToLong(task -> String.valueOf(task.serviceId()).charAt(1) - '0')
                    .sum();
            boolean present = state.node(id).isPresent();
            assertThat(info.isReady())
                    .isEqualTo(
                            state.node(id).filter(FleetPropertiesTest::isReady).isPresent());
            assertThat(info.freeNanoCpus()).isEqualTo((present ? 4 - cpus : -cpus) * Fleets.CPU);
            assertThat(info.freeMemoryBytes()).isEqualTo(((present ? 8 : 0) - tasks.size()) * Fleets.GIB);
            assertThat(info.activeTasks())
                    .isEqualTo(on(state, id, FleetPropertiesTest::isToStay).size());
            assertThat(info.claims().getOrDefault("t5", 0))
                    .isEqualTo(leavingFor(state, Set.of(id)).size());
        }
        Set<String> ready = state.nodes().stream()
                .filter(FleetPropertiesTest::isReady)
                .map(Node::id)
                .collect(Collectors.toSet());
        assertThat(fleet.leaving()).isEqualTo(leavingFor(state, ready).size());
        assertThat(fleet.isClaimant("t5")).isEqualTo(fleet.leaving() > 0);
        assertThat(fleet.isClaimant("t0")).isFalse();
        for (String service : List.of("s0", "s1", "s2")) {
            Set<String> with = state.tasksOfService(service).stream()
                    .filter(task -> isThere(task) && isToStay(task))
                    .map(task -> String.valueOf(task.nodeId()))
                    .collect(Collectors.toSet());
            assertThat(fleet.nodesOf(service)).extracting(NodeInfo::id).containsExactlyInAnyOrderElementsOf(with);
            for (NodeInfo info : fleet.nodes()) {
                assertThat(info.activeTasksOf(service))
                        .isEqualTo(on(state, info.id(), task -> isToStay(task) && service.equals(task.serviceId()))
                                .size());
            }
        }
    }

    private static List<Task> leavingFor(ClusterState state, Collection<String> nodeIds) {
        return nodeIds.stream()
                .flatMap(id -> on(state, id, task -> !task.labels().isEmpty()).stream())
                .toList();
    }

    // ---- trees of nodes: the labels on the way to each leaf, and there its nodes, the least loaded first

    private static Set<List<String>> contents(Topology topology) {
        Set<List<String>> leaves = new HashSet<>();
        collect(topology.root(), leaves);
        return leaves;
    }

    private static void collect(Topology.Branch branch, Set<List<String>> leaves) {
        branch.children().forEach(child -> {
            assertThat(child.parent()).isSameAs(branch);
            collect(child, leaves);
        });
        if (branch.isLeaf() && !branch.byLoad().isEmpty()) {
            leaves.add(branch.byLoad().values().stream().map(NodeInfo::id).toList());
        }
        if (branch.parent() != null && branch.isLeaf()) {
            assertThat(branch.byLoad()).as("no branch is empty").isNotEmpty();
        }
    }

    private static Set<List<String>> expected(ClusterState state, Requirements shape) {
        Map<List<String>, List<Node>> leaves = new TreeMap<>(Comparator.comparing(List::toString));
        for (Node node : state.nodes()) {
            Map<String, String> labels = node.spec().labels();
            boolean fits = shape.constraints().isEmpty() || !"a".equals(labels.get("zone"));
            if (isReady(node) && fits) {
                List<String> path = shape.spreadBy().stream()
                        .map(label -> labels.getOrDefault(label.substring("node.labels.".length()), ""))
                        .toList();
                leaves.computeIfAbsent(path, each -> new ArrayList<>()).add(node);
            }
        }
        return leaves.values().stream()
                .map(nodes -> nodes.stream()
                        .map(Node::id)
                        .sorted(Comparator.comparing((String id) -> on(state, id, FleetPropertiesTest::isToStay)
                                        .size())
                                .thenComparing(id -> id))
                        .toList())
                .collect(Collectors.toSet());
    }
}
