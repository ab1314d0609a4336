package io.flotilla.manager.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.allocator.PortAllocation.Published;
import io.flotilla.manager.orchestrator.Swarm;
import io.flotilla.manager.state.ClusterState;
import java.util.HashMap;
import java.util.HashSet;
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
import net.jqwik.api.Tuple;

/** Whatever services publish, in any order, whoever leads. */
class PortAllocationPropertiesTest {
    sealed interface Action {}

    /** Creates it, or gives it these ports. */
    record Publish(String service, List<PortConfig> ports) implements Action {}

    record Remove(String service) implements Action {}

    record NewLeader() implements Action {}

    @Provide
    Arbitrary<List<Action>> actions() {
        Arbitrary<PortConfig> port = Combinators.combine(
                        Arbitraries.of(PortConfig.Protocol.TCP, PortConfig.Protocol.UDP),
                        Arbitraries.longs().between(80, 83),
                        // open, fixed, and fixed where ports are chosen
                        Arbitraries.of(0L, 0L, 0L, 8080L, 8081L, 30_000L, 30_001L),
                        Arbitraries.of(
                                PortConfig.PublishMode.INGRESS,
                                PortConfig.PublishMode.INGRESS,
                                PortConfig.PublishMode.HOST))
                .as((protocol, target, published, mode) -> new PortConfig(null, protocol, target, published, mode));
        Arbitrary<String> service = Arbitraries.of("a", "b", "c", "d");
        Arbitrary<Action> publish = Combinators.combine(
                        service,
                        port.list().ofMaxSize(4).uniqueElements(each -> each.targetPort() + "/" + each.protocol()))
                .as(Publish::new);
        return Arbitraries.frequencyOf(
                        Tuple.of(6, publish),
                        Tuple.of(2, service.map(Remove::new)),
                        Tuple.of(1, Arbitraries.just(new NewLeader())))
                .list()
                .ofMinSize(1)
                .ofMaxSize(25);
    }

    @Property(tries = 300)
    void noPortIsGivenTwiceAndOnesThatAreUsedStay(@ForAll("actions") List<Action> actions) {
        Swarm swarm = Swarm.withNodes(4);
        swarm.afterEveryTurn(now -> eachPortHasOneService(now));
        for (Action action : actions) {
            Map<String, Map<PortConfig, Long>> before = chosen(swarm);
            act(swarm, action, true);
            Map<String, Map<PortConfig, Long>> after = chosen(swarm);
            after.forEach((service, ports) -> ports.forEach((port, number) -> {
                Long had = before.getOrDefault(service, Map.of()).get(port);
                assertThat(had == null || had.equals(number) || isTakenByName(swarm, port, had))
                        .as("%s of %s moved from %s to %s", port, service, had, number)
                        .isTrue();
            }));
            swarm.state().services().forEach(PortAllocationPropertiesTest::everyPortIsDecided);
        }
    }

    /** What two leaders let through that did not know of one another. */
    @Property(tries = 200)
    void portTwoServicesClaimIsGivenToOneAndTheOtherSaysWhyItWaits(@ForAll("actions") List<Action> actions) {
        Swarm swarm = Swarm.withNodes(4);
        swarm.afterEveryTurn(now -> eachPortHasOneService(now));
        actions.forEach(action -> act(swarm, action, false));
        swarm.settle();

        swarm.state().tasks().stream()
                .filter(PortAllocationPropertiesTest::waits)
                .forEach(task ->
                        assertThat(task.status().err()).as("why %s waits", task).contains("port"));
        Set.copyOf(swarm.state().services().stream().map(Service::id).toList()).forEach(id -> {
            Set<String> others = new HashSet<>();
            swarm.state().services().forEach(other -> others.add(other.id()));
            others.remove(id);
            others.forEach(swarm::remove);
        });
        swarm.settle();
        assertThat(swarm.state().tasks()).noneMatch(PortAllocationPropertiesTest::waits);
    }

    /** One that an update took the place of before it had its ports is history, and stays what it was. */
    private static boolean waits(Task task) {
        return task.state() == TaskState.NEW && task.desiredState() == TaskState.RUNNING;
    }

    private static void act(Swarm swarm, Action action, boolean checked) {
        switch (action) {
            case Publish(String name, List<PortConfig> ports) -> {
                boolean exists = swarm.state().service(name).isPresent();
                EndpointSpec endpoint = new EndpointSpec(EndpointSpec.Mode.VIP, ports);
                ServiceSpec spec = Swarm.replicated(name, 1).withEndpointSpec(endpoint);
                ClusterState known = checked ? swarm.state() : ClusterState.empty();
                if (PortAllocation.conflict(known, spec, checked && exists ? name : null)
                        .isPresent()) {
                    return;
                }
                if (exists) {
                    swarm.update(name, old -> old.withEndpointSpec(endpoint));
                } else {
                    swarm.create(spec);
                }
            }
            case Remove(String name) -> swarm.remove(name);
            case NewLeader() -> swarm.newLeader();
        }
    }

    private static boolean isIngress(PortConfig port) {
        return port.publishMode() == PortConfig.PublishMode.INGRESS;
    }

    private static void eachPortHasOneService(Swarm swarm) {
        Map<Published, String> holders = new HashMap<>();
        for (Service service : swarm.state().services()) {
            if (service.endpoint() == null) {
                continue;
            }
            for (PortConfig port : service.endpoint().ports()) {
                if (isIngress(port) && Objects.requireNonNullElse(port.publishedPort(), 0L) != 0) {
                    assertThat(holders.put(Published.of(port), service.id()))
                            .as("holders of %s", port)
                            .isNull();
                }
            }
        }
    }

    private static void everyPortIsDecided(Service service) {
        List<PortConfig> asked =
                Objects.requireNonNull(service.spec().endpointSpec()).ports();
        List<PortConfig> given = Objects.requireNonNull(service.endpoint()).ports();
        assertThat(given).hasSameSizeAs(asked);
        for (int i = 0; i < asked.size(); i++) {
            boolean open = isIngress(asked.get(i)) && PortAllocation.publishedPortOf(asked.get(i)) == 0;
            if (open) {
                assertThat(given.get(i).publishedPort()).isBetween(PortPool.FIRST_DYNAMIC, PortPool.LAST_DYNAMIC);
            } else {
                assertThat(given.get(i)).isEqualTo(asked.get(i));
            }
        }
    }

    /** The numbers that were chosen, by service and by what was asked. */
    private static Map<String, Map<PortConfig, Long>> chosen(Swarm swarm) {
        Map<String, Map<PortConfig, Long>> chosen = new HashMap<>();
        for (Service service : swarm.state().services()) {
            EndpointSpec spec = service.spec().endpointSpec();
            if (service.endpoint() == null || spec == null) {
                continue;
            }
            for (int i = 0; i < spec.ports().size(); i++) {
                PortConfig asked = spec.ports().get(i);
                if (isIngress(asked) && PortAllocation.publishedPortOf(asked) == 0) {
                    chosen.computeIfAbsent(service.id(), id -> new HashMap<>())
                            .put(
                                    asked,
                                    PortAllocation.publishedPortOf(
                                            service.endpoint().ports().get(i)));
                }
            }
        }
        return chosen;
    }

    /** Its own service has since asked for that number for another target. */
    private static boolean isTakenByName(Swarm swarm, PortConfig port, long number) {
        return swarm.state().services().stream()
                .flatMap(service -> Objects.requireNonNull(service.spec().endpointSpec()).ports().stream())
                .anyMatch(other -> isIngress(other)
                        && other.protocol() == port.protocol()
                        && Objects.equals(other.publishedPort(), number));
    }
}
