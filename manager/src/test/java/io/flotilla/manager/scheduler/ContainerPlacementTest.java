package io.flotilla.manager.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.ImageBuilder;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.PortBinding;
import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.ServiceRestartPolicyBuilder;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.Volume;
import io.flotilla.manager.orchestrator.Specs;
import io.flotilla.manager.orchestrator.Swarm;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which node a container of no service gets on three that are alike: the first, unless it needs another. */
class ContainerPlacementTest {
    private static final Image IMAGE = image("", "");
    private final Swarm swarm = Swarm.withNodes(3);

    private static Image image(String architecture, String os) {
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        config.put("architecture", architecture).put("os", os);
        return ImageBuilder.builder()
                .id("sha256:1")
                .version(new ObjectVersion(0))
                .createdAt(Instant.EPOCH)
                .updatedAt(Instant.EPOCH)
                .config(config)
                .build();
    }

    private static ContainerRequest request(UnaryOperator<HostConfigBuilder> host) {
        return new ContainerRequest(
                "new",
                ContainerConfigBuilder.builder().image("busybox").build(),
                host.apply(HostConfigBuilder.builder()).build(),
                Map.of(),
                null);
    }

    private static ContainerRequest labelled(String constraints) {
        ContainerRequest plain = request(host -> host);
        return plain.withConfig(plain.config().withLabels(Map.of("com.docker.swarm.constraints", constraints)));
    }

    private static ContainerRequest constrained(String... expressions) {
        ContainerRequest plain = request(host -> host);
        return plain.withConfig(plain.config()
                .withEnv(Arrays.stream(expressions).map("constraint:"::concat).toList()));
    }

    private static HostConfigBuilder published(HostConfigBuilder host, String port, String... hostPorts) {
        return host.portBindings(Map.of(
                port,
                Arrays.stream(hostPorts).map(each -> new PortBinding("", each)).toList()));
    }

    private String node(ContainerRequest request, Image image) {
        return switch (ContainerPlacement.of(swarm.state(), request, image, "elsewhere")) {
            case ContainerPlacement.Choice.OnNode on -> on.nodeId();
            case ContainerPlacement.Choice.Nowhere no -> no.refusal().message();
        };
    }

    private String node(ContainerRequest request) {
        return node(request, IMAGE);
    }

    private String node(UnaryOperator<HostConfigBuilder> host) {
        return node(request(host));
    }

    private void taskOn(String node, String name, UnaryOperator<ServiceSpec> needing) {
        swarm.create(needing.apply(
                        Specs.placed(Swarm.replicated(name, 1), on -> on.constraints(List.of("node.id==" + node)))))
                .settle();
        assertThat(swarm.running(name)).hasSize(1);
    }

    private static ServiceSpec once(ServiceSpec spec) {
        return spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                .withRestartPolicy(ServiceRestartPolicyBuilder.builder()
                        .condition(ServiceRestartPolicy.Condition.NONE)
                        .build()));
    }

    private void volume(String node, String name, String scope) {
        Volume volume =
                new Volume(name, "local", "/v/" + name, Instant.EPOCH, null, Map.of(), scope, Map.of(), null, null);
        swarm.change(turn -> turn.put(new NodeVolume(
                NodeVolume.idOf(node, name), new ObjectVersion(0), Instant.EPOCH, Instant.EPOCH, node, volume)));
    }

    // ---- ports

    @Test
    void aPortIsTakenWhereATaskPublishesIt() {
        taskOn("node1", "web", spec -> Specs.hostPort(spec, 8080));
        assertThat(node(host -> published(host, "80/tcp", "8080"))).isEqualTo("node2");
        assertThat(node(host -> published(host, "80", "8080"))).isEqualTo("node2");
        assertThat(node(host -> published(host, "80/udp", "8080"))).isEqualTo("node1");
        assertThat(node(host -> published(host, "80/tcp", "8081"))).isEqualTo("node1");
        assertThat(node(host -> published(host, "80/tcp", "9999", "8080"))).isEqualTo("node2");
    }

    @Test
    void aPortIsFreeAgainWhenItsTaskIsOver() {
        taskOn("node1", "web", spec -> once(Specs.hostPort(spec, 8080)));
        swarm.end(swarm.running("web").getFirst(), TaskState.COMPLETE);
        assertThat(swarm.tasks("web")).extracting(Task::nodeId).containsExactly("node1");
        assertThat(node(host -> published(host, "80/tcp", "8080"))).isEqualTo("node1");
    }

    @Test
    void aContainerKeepsItsPortWhileItIsStopped() {
        swarm.container("node1", 8080, true).container("node2", 8080, false);
        assertThat(node(host -> published(host, "80/tcp", "8080"))).isEqualTo("node3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "8080-8090", "x", "080"})
    void aPortLeftToTheNodeIsInNobodysWay(String hostPort) {
        taskOn("node1", "web", spec -> Specs.hostPort(spec, 8080));
        assertThat(node(host -> published(host, "80/tcp", hostPort))).isEqualTo("node1");
    }

    // ---- memory

    @Test
    void reservedMemoryCountsThatOfTasksAndContainers() {
        taskOn("node1", "cache", spec -> Specs.reserving(spec, 0, 3L << 30));
        assertThat(node(host -> host.memoryReservation(5L << 30))).isEqualTo("node1");
        assertThat(node(host -> host.memoryReservation((5L << 30) + 1))).isEqualTo("node2");

        swarm.container("node2", 8080, true).change(turn -> turn.state()
                .containers()
                .forEach(container ->
                        turn.put(container.withRequest(request(host -> host.memoryReservation(6L << 30))))));
        assertThat(node(host -> host.memoryReservation((5L << 30) + 1))).isEqualTo("node3");
        assertThat(node(host -> host.memoryReservation(9L << 30)))
                .isEqualTo("no suitable node (insufficient resources on 3 nodes)");
    }

    // ---- platforms

    @Test
    void anImageGoesWhereItsPlatformIs() {
        swarm.node(
                "node3",
                node -> node.withDescription(
                        Objects.requireNonNull(node.description()).withPlatform(new Platform("aarch64", "linux"))));
        assertThat(node(request(host -> host), image("arm64", "linux"))).isEqualTo("node3");
        assertThat(node(request(host -> host), image("arm64", ""))).isEqualTo("node3");
        assertThat(node(request(host -> host), image("", "linux"))).isEqualTo("node1");
        assertThat(node(request(host -> host), image("", "windows")))
                .isEqualTo("no suitable node (unsupported platform on 3 nodes)");
    }

    // ---- volumes

    @Test
    void aContainerGoesWhereItsVolumesAre() {
        volume("node2", "data", "local");
        volume("node3", "data", "local");
        volume("node3", "logs", "local");
        assertThat(node(host -> host.binds(List.of("data:/data:ro")))).isEqualTo("node2");
        assertThat(node(host -> host.binds(List.of("data:/data", "logs:/logs"))))
                .isEqualTo("node3");
        assertThat(node(host -> host.mounts(List.of(mount(Mount.MountType.VOLUME, "logs")))))
                .isEqualTo("node3");
        assertThat(node(host -> host.mounts(List.of(mount(null, "data"))))).isEqualTo("node2");
        volume("node1", "keys", "local");
        assertThat(node(host -> host.binds(List.of("keys:/k", "logs:/logs"))))
                .isEqualTo("no suitable node (volumes it mounts are not on 3 nodes)");
    }

    @Test
    void whatEveryNodeHasOrMakesPinsNothing() {
        volume("node2", "data", "local");
        volume("node2", "shared", "global");
        for (String bind : List.of("/data:/data", "unknown:/data", "shared:/data", "data", ":data")) {
            assertThat(node(host -> host.binds(List.of(bind)))).as(bind).isEqualTo("node1");
        }
        assertThat(node(host -> host.mounts(List.of(mount(Mount.MountType.BIND, "data")))))
                .isEqualTo("node1");
        assertThat(node(host -> host.mounts(List.of(mount(Mount.MountType.VOLUME, null)))))
                .isEqualTo("node1");
    }

    private static Mount mount(Mount.@Nullable MountType type, @Nullable String source) {
        return MountBuilder.builder().type(type).source(source).target("/m").build();
    }

    // ---- constraints

    @Test
    void constraintsAreOfTheEnvironmentAndOfTheLabel() {
        assertThat(node(constrained("node==node2"))).isEqualTo("node2");
        assertThat(node(labelled("[\"node==node3\"]"))).isEqualTo("node3");
        assertThat(node(labelled("[\"node!=node1\", \"node!=node2\"]"))).isEqualTo("node3");
        ContainerRequest both = constrained("node==node2");
        assertThat(node(both.withConfig(both.config().withEnv(List.of("SOME_VARIABLE=x", "constraint:node==node2")))))
                .isEqualTo("node2");
        assertThat(node(labelled(""))).isEqualTo("node1");
        assertThat(node(constrained("node!=node1", "node!=node2", "node!=node3")))
                .isEqualTo("no suitable node (scheduling constraints not satisfied on 3 nodes)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"node==node1", "{}", "[null]", "null", "[[]]", "\"node==node1\""})
    void aLabelThatIsNoListOfStringsIsRefused(String json) {
        assertThat(ContainerPlacement.of(swarm.state(), labelled(json), IMAGE, "node1"))
                .isEqualTo(new ContainerPlacement.Choice.Nowhere(Refusal.invalid(
                        "invalid label com.docker.swarm.constraints: expected a JSON list of strings")));
    }

    @Test
    void companionsMustBeTogether() {
        swarm.container("node2", 8080, true).container("node3", 8080, true);
        assertThat(node(host -> host.volumesFrom(List.of("on-node2:ro")))).isEqualTo("node2");
        assertThat(node(host -> host.links(List.of("on-node3")))).isEqualTo("node3");
        assertThat(node(host -> host.ipcMode("container:on-node3"))).isEqualTo("node3");
        assertThat(node(host -> host.networkMode("host").pidMode("container:unknown")))
                .isEqualTo("node1");
        assertThat(node(host -> host.links(List.of("on-node3")).volumesFrom(List.of("on-node2"))))
                .isEqualTo("no suitable node (containers it depends on live elsewhere for 3 nodes)");
    }

    // ---- nodes

    @Test
    void nodesThatAreDownOrDrainedTakeNone() {
        swarm.nodeState("node1", NodeState.DOWN).availability("node2", NodeSpec.Availability.DRAIN);
        assertThat(node(host -> host)).isEqualTo("node3");
        swarm.availability("node3", NodeSpec.Availability.PAUSE);
        assertThat(node(host -> host)).isEqualTo("no suitable node (3 nodes not available for new tasks)");
    }

    @Test
    void theOnlyNodeTakesThemThoughDrained() {
        swarm.removeNode("node1").removeNode("node2").availability("node3", NodeSpec.Availability.DRAIN);
        assertThat(node(constrained("node==node1"))).isEqualTo("node3");
        swarm.nodeState("node3", NodeState.UNKNOWN);
        assertThat(node(host -> host)).isEqualTo("no suitable node (1 node not available for new tasks)");
    }

    @Test
    void withoutANodeThereIsNoReasonEither() {
        swarm.removeNode("node1").removeNode("node2").removeNode("node3");
        assertThat(node(host -> host)).isEqualTo("no suitable node");
    }
}
