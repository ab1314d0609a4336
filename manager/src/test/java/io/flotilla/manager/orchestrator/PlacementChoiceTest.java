package io.flotilla.manager.orchestrator;

import static io.flotilla.manager.orchestrator.Specs.hostPort;
import static io.flotilla.manager.orchestrator.Specs.reserving;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.EngineDescription;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which of the nodes a task fits on it goes to, and which do not fit for other reasons than room. */
class PlacementChoiceTest {
    private static final long CPU = 1_000_000_000L;
    private final Swarm swarm = Swarm.withNodes(3);

    private Map<String, Long> perNode(String service) {
        return swarm.running(service).stream()
                .collect(Collectors.groupingBy(task -> String.valueOf(task.nodeId()), Collectors.counting()));
    }

    private @Nullable String reason(String service) {
        return swarm.tasks(service).getLast().status().err();
    }

    private static ServiceSpec labelled(ServiceSpec spec, String key, String value) {
        return spec.withLabels(Map.of(key, value));
    }

    @Test
    void binpackFillsOneNodeBeforeTheNext() {
        ServiceSpec packed =
                labelled(reserving(Swarm.replicated("packed", 5), CPU, 0), "flotilla.placement", "binpack");
        swarm.create(packed).settle();

        assertThat(perNode("packed").values()).containsExactlyInAnyOrder(4L, 1L);
    }

    @Test
    void binpackGoesWhereMostIsReservedAlready() {
        swarm.availability("node1", io.flotilla.bus.schema.NodeSpec.Availability.PAUSE)
                .availability("node2", io.flotilla.bus.schema.NodeSpec.Availability.PAUSE)
                .create(reserving(Swarm.replicated("there", 1), CPU, 0))
                .settle()
                .availability("node1", io.flotilla.bus.schema.NodeSpec.Availability.ACTIVE)
                .availability("node2", io.flotilla.bus.schema.NodeSpec.Availability.ACTIVE)
                .create(labelled(reserving(Swarm.replicated("packed", 3), CPU, 0), "flotilla.placement", "binpack"))
                .settle();

        assertThat(perNode("packed")).containsExactly(Map.entry("node3", 3L));
    }

    @Test
    void theSwarmsLabelHoldsForServicesThatSayNothing() {
        swarm.label("flotilla.placement", "binpack")
                .create(reserving(Swarm.replicated("packed", 3), CPU, 0))
                .create(labelled(Swarm.replicated("spread", 3), "flotilla.placement", "spread"))
                .settle();

        assertThat(perNode("packed").values()).containsExactly(3L);
        assertThat(perNode("spread").values()).containsExactly(1L, 1L, 1L);
    }

    @Test
    void ofEqualNodesTheOneThatHasTheImageIsTaken() {
        swarm.image("nginx:1", "node2").create(Swarm.replicated("web", 1)).settle();

        assertThat(swarm.running("web")).extracting(Task::nodeId).containsExactly("node2");
        swarm.create(Swarm.replicated("other", 3)).settle();
        assertThat(perNode("other").values()).containsExactly(1L, 1L, 1L);
    }

    @Test
    void nodeThatLacksAPluginIsNamed() {
        for (String node : List.of("node1", "node2", "node3")) {
            plugins(node, new EngineDescription.Plugin("Log", "json-file"));
        }
        swarm.create(mounting(Swarm.replicated("files", 1), "nfs")).settle();
        assertThat(reason("files"))
                .isEqualTo("no suitable node (missing plugin on 3 nodes): node1 has no volume plugin \"nfs\"");

        plugins("node2", new EngineDescription.Plugin("Volume", "nfs:latest"));
        assertThat(swarm.settle().running("files")).extracting(Task::nodeId).containsExactly("node2");
    }

    @Test
    void nodesThatReportNoLogDriversTakeAnyAndOthersOnlyTheirs() {
        swarm.create(logging(Swarm.replicated("any", 1), "fancy")).settle();
        assertThat(swarm.running("any")).hasSize(1);

        for (String node : List.of("node1", "node2", "node3")) {
            plugins(node, new EngineDescription.Plugin("Log", "json-file"));
        }
        swarm.create(logging(Swarm.replicated("fancy", 1), "fancy"))
                .create(logging(Swarm.replicated("none", 1), "none"))
                .settle();
        assertThat(reason("fancy")).startsWith("no suitable node (missing plugin on 3 nodes)");
        assertThat(swarm.running("none")).hasSize(1);
    }

    @Test
    void portOfARunningContainerOfNoServiceIsTaken() {
        swarm.container("node1", 8080, true)
                .container("node2", 8080, false)
                .create(hostPort(Swarm.replicated("web", 3), 8080))
                .settle();
        assertThat(swarm.running("web")).extracting(Task::nodeId).containsExactlyInAnyOrder("node2", "node3");
        assertThat(reason("web")).contains("port 8080/tcp is taken on node1");

        Container container = swarm.state().containersOnNode("node1").iterator().next();
        swarm.change(turn -> turn.remove(ObjectKind.CONTAINER, container.id())).settle();
        assertThat(swarm.running("web")).hasSize(3);
    }

    private void plugins(String node, EngineDescription.Plugin plugin) {
        swarm.node(
                node,
                as -> as.withDescription(Objects.requireNonNull(as.description())
                        .withEngine(new EngineDescription("1", Map.of(), List.of(plugin)))));
    }

    private static ServiceSpec mounting(ServiceSpec spec, String driver) {
        Mount mount = MountBuilder.builder()
                .type(Mount.MountType.VOLUME)
                .target("/data")
                .volumeOptions(new Mount.VolumeOptions(
                        null, Map.of(), new Mount.VolumeOptions.DriverConfig(driver, Map.of()), null))
                .build();
        TaskSpec template = Objects.requireNonNull(spec.taskTemplate());
        return spec.withTaskTemplate(template.withContainerSpec(
                Objects.requireNonNull(template.containerSpec()).withMounts(List.of(mount))));
    }

    private static ServiceSpec logging(ServiceSpec spec, String driver) {
        return spec.withTaskTemplate(
                Objects.requireNonNull(spec.taskTemplate()).withLogDriver(new TaskSpec.LogDriver(driver, Map.of())));
    }
}
