package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateConfig;
import io.flotilla.bus.schema.UpdateConfigBuilder;
import io.flotilla.manager.state.ClusterState;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;

/** Whatever users and hosts do: nothing impossible happens on the way, and once they leave it alone all is as wanted. */
@Tag("long")
class ConvergencePropertiesTest {
    private static final int NODES = 4;
    private static final int HISTORY = 5;
    private static final long NODE_CPUS = 4_000_000_000L;
    private static final List<String> SERVICES = List.of("web", "host", "heavy", "agent");

    sealed interface Action {}

    record Scale(String service, int replicas) implements Action {}

    record Update(String service, int image) implements Action {}

    record Rollback(String service) implements Action {}

    record Remove(String service) implements Action {}

    record Kill(int nth, boolean completes) implements Action {}

    record Availability(int node, NodeSpec.Availability availability) implements Action {}

    record NodeGoes(int node, boolean up) implements Action {}

    record NewLeader() implements Action {}

    record Wait(int millis) implements Action {}

    @Provide
    Arbitrary<List<Action>> actions() {
        Arbitrary<String> service = Arbitraries.of(SERVICES);
        Arbitrary<Integer> node = Arbitraries.integers().between(1, NODES);
        Arbitrary<Action> action = Arbitraries.oneOf(List.of(
                service.flatMap(name ->
                        Arbitraries.integers().between(0, 7).map(replicas -> (Action) new Scale(name, replicas))),
                service.flatMap(
                        name -> Arbitraries.integers().between(1, 4).map(image -> (Action) new Update(name, image))),
                service.map(Rollback::new),
                service.map(Remove::new),
                Arbitraries.integers().between(0, 30).flatMap(nth -> Arbitraries.of(true, false)
                        .map(done -> (Action) new Kill(nth, done))),
                node.flatMap(id -> Arbitraries.of(NodeSpec.Availability.class)
                        .map(availability -> (Action) new Availability(id, availability))),
                node.flatMap(id -> Arbitraries.of(true, false).map(up -> (Action) new NodeGoes(id, up))),
                Arbitraries.just(new NewLeader()),
                Arbitraries.integers().between(0, 12_000).map(Wait::new)));
        return action.list().ofMinSize(1).ofMaxSize(30);
    }

    @Property(tries = 150, shrinking = ShrinkingMode.BOUNDED)
    void afterAnythingActualEqualsDesired(@ForAll("actions") List<Action> actions, @ForAll long seed) {
        Swarm swarm = new Swarm(seed);
        for (int i = 1; i <= NODES; i++) {
            swarm.node("node" + i, node -> node);
        }
        History history = new History();
        swarm.afterEveryTurn(now -> {
            history.statesNeverFall(now.state());
            nothingIsOvercommitted(now.state());
            slotsHoldNoMoreThanAllowed(now.state());
        });
        SERVICES.forEach(name -> swarm.create(spec(name)));

        actions.forEach(action -> act(swarm, action));
        for (int i = 1; i <= NODES; i++) {
            swarm.availability("node" + i, NodeSpec.Availability.ACTIVE).nodeState("node" + i, NodeState.READY);
        }
        swarm.pass(Duration.ofMinutes(10));

        swarm.state().services().forEach(service -> isAsWanted(swarm, service));
        assertThat(swarm.state().tasks())
                .allMatch(task ->
                        swarm.state().service(String.valueOf(task.serviceId())).isPresent());
        revisionsAreThoseInUse(swarm.state());
    }

    private static ServiceSpec spec(String name) {
        UpdateConfig update = UpdateConfigBuilder.builder()
                .parallelism(name.equals("web") ? 2L : 1L)
                .failureAction(
                        name.equals("web") ? UpdateConfig.FailureAction.ROLLBACK : UpdateConfig.FailureAction.CONTINUE)
                .order(name.equals("web") ? UpdateConfig.Order.START_FIRST : UpdateConfig.Order.STOP_FIRST)
                .build();
        ServiceSpec spec = (name.equals("agent") ? Swarm.global(name) : Swarm.replicated(name, 3))
                .withUpdateConfig(update)
                .withRollbackConfig(update.withFailureAction(UpdateConfig.FailureAction.CONTINUE));
        return switch (name) {
            case "host" ->
                spec.withEndpointSpec(new EndpointSpec(
                        null,
                        List.of(new PortConfig(null, PortConfig.Protocol.TCP, 80L, 80L, PortConfig.PublishMode.HOST))));
            case "heavy" ->
                spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                        .withResources(new ResourceRequirements(
                                null, new ResourceObject(NODE_CPUS / 2, 0L, List.of()), null, null)));
            default -> spec;
        };
    }

    private static void act(Swarm swarm, Action action) {
        switch (action) {
            case Scale(String name, int replicas)
            when exists(swarm, name) && !name.equals("agent") -> swarm.scale(name, replicas);
            case Scale(String name, int replicas) when !exists(swarm, name) -> swarm.create(spec(name));
            case Update(String name, int image)
            when exists(swarm, name) -> swarm.update(name, spec -> Swarm.withImage(spec, "image:" + image));
            case Rollback(String name)
            when exists(swarm, name) && swarm.service(name).previousSpec() != null -> swarm.rollback(name);
            case Remove(String name) -> swarm.remove(name);
            case Kill(int nth, boolean completes) -> {
                List<Task> running = swarm.state().tasks().stream()
                        .filter(task -> task.state() == TaskState.RUNNING)
                        .sorted(Slot.OLDEST_FIRST)
                        .toList();
                if (!running.isEmpty()) {
                    swarm.end(running.get(nth % running.size()), completes ? TaskState.COMPLETE : TaskState.FAILED);
                }
            }
            case Availability(int node, NodeSpec.Availability availability) ->
                swarm.availability("node" + node, availability);
            case NodeGoes(int node, boolean up) ->
                swarm.nodeState("node" + node, up ? NodeState.READY : NodeState.DOWN);
            case NewLeader() -> swarm.newLeader();
            case Wait(int millis) -> swarm.pass(Duration.ofMillis(millis));
            default -> {}
        }
    }

    private static boolean exists(Swarm swarm, String name) {
        return swarm.state().service(name).isPresent();
    }

    private static void isAsWanted(Swarm swarm, Service service) {
        List<Task> running = swarm.running(service.id());
        long fits =
                switch (service.id()) {
                    case "host", "agent" -> NODES;
                    case "heavy" -> NODES * 2;
                    default -> Long.MAX_VALUE;
                };
        long wanted = ServiceModes.isGlobal(service) ? NODES : ServiceModes.replicas(service);
        assertThat(running)
                .as("%s: %s", service.id(), swarm.tasks(service.id()))
                .hasSize((int) Math.min(wanted, fits));
        assertThat(running).extracting(SlotKey::of).doesNotHaveDuplicates();
        RevisionComparison revisions = new RevisionComparison(swarm.state(), service);
        boolean stopped = service.updateStatus() != null
                && String.valueOf(service.updateStatus().state()).endsWith("PAUSED");
        if (!stopped && wanted <= fits) {
            assertThat(running).noneMatch(revisions::isOutdated);
        }
        Slot.allOf(swarm.state(), service.id()).values().forEach(slot -> assertThat(slot.tasks())
                .hasSizeLessThanOrEqualTo(HISTORY));
    }

    private static void slotsHoldNoMoreThanAllowed(ClusterState state) {
        for (Service service : state.services()) {
            Slot.allOf(state, service.id()).values().forEach(slot -> assertThat(slot.live())
                    .as("live tasks of %s %s", service.id(), slot.key())
                    .hasSizeLessThanOrEqualTo(service.id().equals("web") ? 2 : 1));
        }
    }

    private static void nothingIsOvercommitted(ClusterState state) {
        Map<String, Long> cpus = new HashMap<>();
        Set<String> hostPorts = new HashSet<>();
        for (Task task : state.tasks()) {
            boolean onNode = task.nodeId() != null
                    && task.state().compareTo(TaskState.ASSIGNED) >= 0
                    && task.state().compareTo(TaskState.RUNNING) <= 0;
            Optional<SpecRevision> revision =
                    state.revision(String.valueOf(task.serviceId()), Objects.requireNonNull(task.specVersion()));
            assertThat(revision).as("revision of %s", task).isPresent();
            if (!onNode) {
                continue;
            }
            ResourceRequirements resources = revision.orElseThrow().spec().resources();
            if (resources != null && resources.reservations() != null) {
                cpus.merge(
                        String.valueOf(task.nodeId()),
                        Objects.requireNonNullElse(resources.reservations().nanoCpus(), 0L),
                        Long::sum);
            }
            if (revision.orElseThrow().endpointSpec() != null) {
                assertThat(hostPorts.add(String.valueOf(task.nodeId())))
                        .as("host port given once on %s", task.nodeId())
                        .isTrue();
            }
        }
        assertThat(cpus.values()).allMatch(reserved -> reserved <= NODE_CPUS);
    }

    private static void revisionsAreThoseInUse(ClusterState state) {
        Set<String> used = state.tasks().stream()
                .map(task ->
                        SpecRevision.idOf(String.valueOf(task.serviceId()), Objects.requireNonNull(task.specVersion())))
                .collect(Collectors.toSet());
        state.services().forEach(service -> used.add(SpecRevision.idOf(service.id(), service.specVersion())));
        Collection<String> kept =
                state.revisions().stream().map(SpecRevision::id).toList();
        assertThat(kept).containsExactlyInAnyOrderElementsOf(used);
    }

    /** The states tasks were last seen in. */
    private static final class History {
        private final Map<String, Task> last = new HashMap<>();

        void statesNeverFall(ClusterState state) {
            for (Task task : state.tasks()) {
                Task before = last.put(task.id(), task);
                if (before != null) {
                    assertThat(task.state()).isGreaterThanOrEqualTo(before.state());
                    assertThat(task.desiredState()).isGreaterThanOrEqualTo(before.desiredState());
                    assertThat(before.nodeId() == null || before.nodeId().equals(task.nodeId()))
                            .isTrue();
                }
            }
            last.keySet().removeIf(id -> state.task(id).isEmpty());
        }
    }
}
