package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.PlacementBuilder;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/** Placements against a model of nodes and services in plain numbers, which knows every filter and no order. */
@Tag("long")
class PlacementPropertiesTest {
    private static final long HALF_CPU = 500_000_000L;

    /** @param zone "" for a node without the label */
    record Host(int number, String zone, int halfCpus, int apples, int gpus, boolean up, boolean active) {
        String id() {
            return "node" + number;
        }
    }

    /**
     * @param zone constraint: "" for none, "a" for ==a, "!a" for !=a
     * @param port 0 for none
     * @param most replicas per node, 0 for any
     */
    record Wish(
            int replicas,
            int halfCpus,
            int apples,
            int gpus,
            String zone,
            int port,
            int most,
            boolean byZone,
            boolean binpack) {}

    @Provide
    Arbitrary<List<Host>> hosts() {
        return Combinators.combine(
                        Arbitraries.of("", "a", "b"),
                        Arbitraries.integers().between(0, 8),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.frequencyOf(
                                net.jqwik.api.Tuple.of(5, Arbitraries.just(true)),
                                net.jqwik.api.Tuple.of(1, Arbitraries.just(false))),
                        Arbitraries.frequencyOf(
                                net.jqwik.api.Tuple.of(5, Arbitraries.just(true)),
                                net.jqwik.api.Tuple.of(1, Arbitraries.just(false))))
                .as((zone, cpus, apples, gpus, up, active) -> new Host(0, zone, cpus, apples, gpus, up, active))
                .list()
                .ofMinSize(1)
                .ofMaxSize(7)
                .map(PlacementPropertiesTest::numbered);
    }

    private static List<Host> numbered(List<Host> hosts) {
        return IntStream.range(0, hosts.size())
                .mapToObj(i -> {
                    Host host = hosts.get(i);
                    return new Host(
                            i + 1, host.zone(), host.halfCpus(), host.apples(), host.gpus(), host.up(), host.active());
                })
                .toList();
    }

    @Provide
    Arbitrary<List<Wish>> wishes() {
        Arbitrary<Integer> few = Arbitraries.integers().between(0, 2);
        return Combinators.combine(
                        Arbitraries.integers().between(1, 9),
                        Arbitraries.integers().between(0, 3),
                        few,
                        Arbitraries.integers().between(0, 1),
                        Arbitraries.of("", "", "a", "!a"),
                        Arbitraries.of(0, 0, 8080, 8081),
                        Arbitraries.of(0, 0, 1, 2))
                .as((replicas, cpus, apples, gpus, zone, port, most) ->
                        new Wish(replicas, cpus, apples, gpus, zone, port, most, false, false))
                .flatMap(wish -> Combinators.combine(Arbitraries.of(true, false), Arbitraries.of(true, false, false))
                        .as((byZone, binpack) -> new Wish(
                                wish.replicas(),
                                wish.halfCpus(),
                                wish.apples(),
                                wish.gpus(),
                                wish.zone(),
                                wish.port(),
                                wish.most(),
                                byZone,
                                binpack)))
                .list()
                .ofMinSize(1)
                .ofMaxSize(6);
    }

    @Property(tries = 300)
    void everyPlacementPassesEveryFilterAndOnlyWhatFitsNowhereWaits(
            @ForAll("hosts") List<Host> hosts, @ForAll("wishes") List<Wish> wishes) {
        Swarm swarm = new Swarm(1);
        hosts.forEach(host -> add(swarm, host));
        swarm.image("nginx:1", "node2");
        for (int i = 0; i < wishes.size(); i++) {
            swarm.create(spec("s" + i, wishes.get(i))).settle();
        }
        Model model = new Model(swarm, wishes);
        for (Host host : hosts) {
            model.holdsWhatItHas(host);
        }
        for (int i = 0; i < wishes.size(); i++) {
            Wish wish = wishes.get(i);
            String service = "s" + i;
            for (Task task : swarm.tasks(service)) {
                if (task.nodeId() == null) {
                    assertThat(hosts)
                            .as("where " + wish + " would fit")
                            .noneMatch(host -> model.fits(host, wish, service));
                    assertThat(task.status().err()).startsWith("no suitable node (");
                }
            }
            if (!wish.binpack()) {
                model.isBalanced(hosts, wish, service);
            }
        }
    }

    private static void add(Swarm swarm, Host host) {
        List<GenericResource> generic = new ArrayList<>();
        if (host.apples() > 0) {
            generic.add(new GenericResource(null, new GenericResource.Discrete("apple", host.apples())));
        }
        for (int i = 1; i <= host.gpus(); i++) {
            generic.add(new GenericResource(new GenericResource.Named("gpu", "UUID" + i), null));
        }
        swarm.node(host.id(), node -> node.withSpec(node.spec()
                        .withLabels(host.zone().isEmpty() ? Map.of() : Map.of("zone", host.zone()))
                        .withAvailability(host.active() ? NodeSpec.Availability.ACTIVE : NodeSpec.Availability.PAUSE))
                .withStatus(new NodeStatus(host.up() ? NodeState.READY : NodeState.DOWN, null, "10.1.0.7"))
                .withDescription(Objects.requireNonNull(node.description())
                        .withResources(new ResourceObject(host.halfCpus() * HALF_CPU, 1L << 30, generic))));
    }

    private static ServiceSpec spec(String name, Wish wish) {
        ServiceSpec spec = Swarm.replicated(name, wish.replicas());
        List<GenericResource> generic = Stream.of(
                        new GenericResource.Discrete("apple", wish.apples()),
                        new GenericResource.Discrete("gpu", wish.gpus()))
                .filter(some -> some.value() > 0)
                .map(some -> new GenericResource(null, some))
                .toList();
        PlacementBuilder placement = PlacementBuilder.builder().maxReplicas((long) wish.most());
        if (!wish.zone().isEmpty()) {
            placement.constraints(List.of(wish.zone().startsWith("!") ? "node.labels.zone!=a" : "node.labels.zone==a"));
        }
        if (wish.byZone()) {
            placement.preferences(
                    List.of(new Placement.Preference(new Placement.Preference.Spread("node.labels.zone"))));
        }
        PortConfig port =
                new PortConfig(null, PortConfig.Protocol.TCP, 80L, (long) wish.port(), PortConfig.PublishMode.HOST);
        return spec.withLabels(wish.binpack() ? Map.of("flotilla.placement", "binpack") : Map.of())
                .withEndpointSpec(wish.port() == 0 ? null : new EndpointSpec(null, List.of(port)))
                .withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                        .withPlacement(placement.build())
                        .withResources(new ResourceRequirements(
                                null, new ResourceObject(wish.halfCpus() * HALF_CPU, 0L, generic), null, null)));
    }

    /** What is placed where, in plain numbers. */
    private static final class Model {
        private final Map<String, List<Task>> tasksOn;
        private final Function<Task, Wish> wishOf;

        Model(Swarm swarm, List<Wish> wishes) {
            tasksOn = swarm.state().tasks().stream()
                    .filter(task -> task.nodeId() != null && task.state() == TaskState.RUNNING)
                    .collect(Collectors.groupingBy(task -> String.valueOf(task.nodeId())));
            wishOf = task ->
                    wishes.get(Integer.parseInt(String.valueOf(task.serviceId()).substring(1)));
        }

        private List<Task> on(Host host) {
            return tasksOn.getOrDefault(host.id(), List.of());
        }

        private long of(Host host, String service) {
            return on(host).stream()
                    .filter(task -> service.equals(task.serviceId()))
                    .count();
        }

        private int sum(Host host, Function<Wish, Integer> of) {
            return on(host).stream().map(wishOf).mapToInt(of::apply).sum();
        }

        void holdsWhatItHas(Host host) {
            List<Task> tasks = on(host);
            assertThat(tasks.isEmpty() || host.up() && host.active()).isTrue();
            assertThat(sum(host, Wish::halfCpus)).isLessThanOrEqualTo(host.halfCpus());
            assertThat(sum(host, Wish::apples)).isLessThanOrEqualTo(host.apples());
            List<GenericResource.Named> gpus = tasks.stream()
                    .flatMap(task -> task.assignedGenericResources().stream())
                    .flatMap(unit -> Stream.ofNullable(unit.namedResourceSpec()))
                    .toList();
            assertThat(gpus).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(host.gpus());
            assertThat(gpus).hasSize(sum(host, Wish::gpus));
            assertThat(tasks.stream().map(wishOf).map(Wish::port).filter(port -> port != 0))
                    .doesNotHaveDuplicates();
            for (Task task : tasks) {
                Wish wish = wishOf.apply(task);
                assertThat(meets(host, wish)).isTrue();
                if (wish.most() > 0) {
                    assertThat(of(host, String.valueOf(task.serviceId()))).isLessThanOrEqualTo(wish.most());
                }
            }
        }

        private static boolean meets(Host host, Wish wish) {
            return switch (wish.zone()) {
                case "a" -> host.zone().equals("a");
                case "!a" -> !host.zone().equals("a");
                default -> true;
            };
        }

        boolean fits(Host host, Wish wish, String service) {
            return host.up()
                    && host.active()
                    && meets(host, wish)
                    && sum(host, Wish::halfCpus) + wish.halfCpus() <= host.halfCpus()
                    && sum(host, Wish::apples) + wish.apples() <= host.apples()
                    && sum(host, Wish::gpus) + wish.gpus() <= host.gpus()
                    && (wish.port() == 0
                            || on(host).stream().map(wishOf).noneMatch(other -> other.port() == wish.port()))
                    && (wish.most() == 0 || of(host, service) < wish.most());
        }

        /** No node, and with a preference no zone, has two tasks more than one where another would have fit. */
        void isBalanced(List<Host> hosts, Wish wish, String service) {
            Map<String, List<Host>> zones =
                    hosts.stream().collect(Collectors.groupingBy(host -> wish.byZone() ? host.zone() : ""));
            for (List<Host> zone : zones.values()) {
                for (Host free : zone) {
                    if (fits(free, wish, service)) {
                        assertThat(zone).allMatch(host -> of(host, service) <= of(free, service) + 1);
                    }
                }
            }
            for (List<Host> free : zones.values()) {
                if (free.stream().anyMatch(host -> fits(host, wish, service))) {
                    assertThat(zones.values()).allMatch(zone -> count(zone, service) <= count(free, service) + 1);
                }
            }
        }

        private long count(List<Host> zone, String service) {
            return zone.stream().mapToLong(host -> of(host, service)).sum();
        }
    }
}
