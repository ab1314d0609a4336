package io.flotilla.manager.control.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerInspectResponseBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.NodeBuilder;
import io.flotilla.bus.schema.NodeDescriptionBuilder;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeSpecBuilder;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.PortBinding;
import io.flotilla.bus.schema.RestartPolicy;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.Ids;
import io.flotilla.manager.state.Turn;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused of containers in moby's words, and where those go that are not. */
class ContainerCommandsTest {
    private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
    private static final String IMAGE = "sha256:" + "ab".repeat(32);

    private final Turn turn = new Turn(ClusterState.empty(), T, new Ids(new Random(1)));
    private final Commands commands = new Commands();

    @BeforeEach
    void oneNode() {
        node("n1", NodeState.READY, Map.of());
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        config.put("architecture", "amd64").put("os", "linux");
        config.putObject("config").putArray("Cmd").add("sh").add("-i");
        turn.put(new Image(
                IMAGE,
                new ObjectVersion(0),
                T,
                T,
                List.of("busybox:latest"),
                List.of(),
                config,
                1,
                List.of(),
                List.of("n1"),
                null));
    }

    private void node(String id, NodeState state, Map<String, String> labels) {
        turn.put(NodeBuilder.builder()
                .id(id)
                .version(new ObjectVersion(0))
                .createdAt(T)
                .updatedAt(T)
                .spec(NodeSpecBuilder.builder()
                        .labels(labels)
                        .role(NodeSpec.Role.WORKER)
                        .availability(NodeSpec.Availability.ACTIVE)
                        .build())
                .description(NodeDescriptionBuilder.builder()
                        .hostname(id + "-host")
                        .platform(new Platform("x86_64", "linux"))
                        .build())
                .status(new NodeStatus(state, null, "10.1.0.7"))
                .build());
    }

    private static ContainerRequest request(String name, String image, UnaryOperator<HostConfigBuilder> host) {
        return new ContainerRequest(
                name,
                ContainerConfigBuilder.builder().image(image).build(),
                host.apply(HostConfigBuilder.builder()).build(),
                Map.of(),
                null);
    }

    private static ContainerRequest named(String name) {
        return request(name, "busybox", host -> host);
    }

    private static ContainerRequest constrained(String name, String... constraints) {
        ContainerRequest request = named(name);
        return request.withConfig(request.config()
                .withEnv(
                        List.of(constraints).stream().map("constraint:"::concat).toList()));
    }

    private Reply ask(ContainerRequest request) {
        return commands.run(turn, new Command.CreateContainer(request, null, "n1"));
    }

    private Container made(ContainerRequest request) {
        Reply.Done done = (Reply.Done)
                assertThat(ask(request)).isInstanceOf(Reply.Done.class).actual();
        return turn.state().container(Objects.requireNonNull(done.id())).orElseThrow();
    }

    private Refusal refused(Command command) {
        int before = turn.size();
        Reply reply = commands.run(turn, command);
        assertThat(reply).isInstanceOf(Reply.Refused.class);
        assertThat(turn.size()).isEqualTo(before);
        return ((Reply.Refused) reply).refusal();
    }

    private Refusal refused(ContainerRequest request) {
        return refused(new Command.CreateContainer(request, null, "n1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-x", "a b", "a/b", "ä1", "//x"})
    void aNameKeepsDockersRule(String name) {
        assertThat(refused(named(name)))
                .isEqualTo(
                        Refusal.invalid("Invalid container name (" + (name.startsWith("/") ? name.substring(1) : name)
                                + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"));
    }

    @Test
    void aNameBelongsToOneContainerAlsoToATasks() {
        String id = made(named("/web")).id();
        assertThat(refused(named("web")))
                .isEqualTo(Refusal.conflict("Conflict. The container name \"/web\" is already in use by container \""
                        + id + "\". You have to remove (or rename) that container to be able to reuse that name."));

        turn.put(new Container(
                "ff".repeat(32),
                new ObjectVersion(0),
                T,
                T,
                "n1",
                "task",
                "service",
                null,
                0,
                1,
                ContainerInspectResponseBuilder.builder().name("/s.1.task").build()));
        assertThat(refused(named("s.1.task")).kind()).isEqualTo(Refusal.Kind.CONFLICT);
        assertThat(refused(new Command.StartContainer("ff".repeat(32))).message())
                .contains("belongs to the task task");
    }

    @Test
    void aNameIsMadeUpWhenNoneIsGiven() {
        Container one = made(named(""));
        assertThat(Objects.requireNonNull(one.request()).name()).matches("[a-z]+_[a-z]+[0-9]*");
        assertThat(one.inspect().name()).isEqualTo("/" + one.request().name());
        assertThat(one.inspect().path()).isEqualTo("sh");
        assertThat(one.inspect().args()).containsExactly("-i");
    }

    @Test
    void anImageIsFoundByNameIdOrBeginning() {
        for (String reference : List.of("busybox", "docker.io/library/busybox:latest", IMAGE, "abab", "abababababab")) {
            assertThat(made(request("", reference, host -> host)).inspect().image())
                    .as(reference)
                    .isEqualTo(IMAGE);
        }
        assertThat(refused(request("", "nginx", host -> host)))
                .isEqualTo(Refusal.notFound("No such image: nginx:latest"));
        assertThat(refused(request("", "", host -> host))).isEqualTo(Refusal.invalid("no image specified"));
        assertThat(refused(new Command.CreateContainer(named(""), "linux/arm64", "n1")))
                .isEqualTo(Refusal.notFound("image with reference busybox was found but does not match the specified"
                        + " platform: wanted linux/arm64, actual: linux/amd64"));
        assertThat(commands.run(turn, new Command.CreateContainer(named(""), "linux/x86_64", "n1")))
                .isInstanceOf(Reply.Done.class);
    }

    @Test
    void aRenameNamesTheContainerThatIsInTheWay() {
        Container web = made(named("web"));
        Container front = made(named("front"));
        assertThat(refused(new Command.RenameContainer(web.id(), "front")))
                .isEqualTo(Refusal.conflict("Error when allocating new name: Conflict. The container name \"/front\" is"
                        + " already in use by container \"" + front.id() + "\". You have to remove (or rename) that"
                        + " container to be able to reuse that name."));
        assertThat(refused(new Command.RenameContainer(web.id(), "web")))
                .isEqualTo(Refusal.invalid("Renaming a container with the same name as its current name"));
        assertThat(refused(new Command.RenameContainer(web.id(), "")))
                .isEqualTo(Refusal.invalid("Neither old nor new names may be empty"));
        assertThat(refused(new Command.RenameContainer("nope", "x1")))
                .isEqualTo(Refusal.notFound("No such container: nope"));
    }

    @Test
    void aLinkKeepsToItsContainerAndIsTakenOffByItsAlias() {
        Container redis = made(named("redis"));
        Container web = made(request("web", "busybox", host -> host.links(List.of("redis:db", "/redis:/old/cache"))));
        assertThat(links(web)).containsExactly(redis.id() + ":db", redis.id() + ":cache");
        assertThat(links(made(request("plain", "busybox", host -> host.links(List.of("redis"))))))
                .containsExactly(redis.id() + ":redis");
        assertThat(commands.run(turn, new Command.RemoveLink(web.id(), "db"))).isInstanceOf(Reply.Done.class);
        assertThat(links(turn.state().container(web.id()).orElseThrow())).containsExactly(redis.id() + ":cache");
        assertThat(refused(new Command.RemoveLink(web.id(), "db")))
                .isEqualTo(Refusal.notFound("No such container: web/db"));
        assertThat(refused(request("x1", "busybox", host -> host.links(List.of("redis:a:b")))))
                .isEqualTo(Refusal.invalid("bad format for links: redis:a:b"));
        assertThat(refused(request("x1", "busybox", host -> host.links(List.of("")))))
                .isEqualTo(Refusal.invalid("empty string specified for links"));
    }

    private static List<String> links(Container container) {
        return Objects.requireNonNull(container.request()).hostConfig().links();
    }

    @Test
    void portsOfTheHostsOwnNetworkAreWarnedOf() {
        ContainerRequest request = request("web", "busybox", host -> host.networkMode("host")
                .portBindings(Map.of("80/tcp", List.of(new PortBinding("", "8080")))));
        assertThat(ask(request)).isInstanceOfSatisfying(Reply.Done.class, done -> assertThat(done.warnings())
                .containsExactly("Published ports are discarded when using host network mode"));
    }

    @Test
    void anUpdateThatContradictsTheRestIsAConflict() {
        Container web = made(request("web", "busybox", host -> host.nanoCpus(1_000_000_000L)
                .autoRemove(true)
                .memory(1L << 30)
                .memorySwap(1L << 30)));
        String begin = "Cannot update container " + web.id() + ": ";
        assertThat(updated(web, host -> host.cpuQuota(5_000L)))
                .isEqualTo(Refusal.conflict(
                        begin + "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set"));
        assertThat(updated(web, host -> host.memory(2L << 30)))
                .isEqualTo(Refusal.conflict(begin + "Memory limit should be smaller than already set memoryswap limit,"
                        + " update the memoryswap at the same time"));
        assertThat(updated(web, host -> host.restartPolicy(new RestartPolicy("always", 0L))))
                .isEqualTo(Refusal.conflict(
                        begin + "Restart policy cannot be updated because AutoRemove is enabled for the container"));
    }

    private Refusal updated(Container container, UnaryOperator<HostConfigBuilder> change) {
        HostConfig host = change.apply(HostConfigBuilder.builder()).build();
        return refused(new Command.UpdateContainer(container.id(), host));
    }

    @Test
    void containersSpreadThenGoWhereTheImageIsThenWhereTheClientIs() {
        node("n2", NodeState.READY, Map.of());
        node("n3", NodeState.READY, Map.of());
        assertThat(List.of(
                        made(named("")).nodeId(),
                        made(named("")).nodeId(),
                        made(named("")).nodeId()))
                .startsWith("n1")
                .containsExactlyInAnyOrder("n1", "n2", "n3");
        Image image = turn.state().image(IMAGE).orElseThrow();
        turn.put(image.withNodeIds(List.of("n3")));
        assertThat(made(named("")).nodeId()).isEqualTo("n3");
        turn.put(image.withNodeIds(List.of()));
        assertThat(((Reply.Done) commands.run(turn, new Command.CreateContainer(named(""), null, "n2"))).handover())
                .extracting(Reply.Handover::nodeId)
                .isEqualTo("n2");
    }

    @Test
    void whatAContainerNeedsDecides() {
        node("n2", NodeState.READY, Map.of("disk", "ssd"));
        node("n3", NodeState.DOWN, Map.of("disk", "ssd"));
        Container db = made(constrained("db", "disk==ssd"));
        assertThat(db.nodeId()).isEqualTo("n2");
        assertThat(made(constrained("a1", "node==n2-*")).nodeId()).isEqualTo("n2");
        assertThat(made(constrained("a2", "node!=n2")).nodeId()).isEqualTo("n1");
        assertThat(made(constrained("a3", "node.labels.disk==ssd")).nodeId()).isEqualTo("n2");
        ContainerRequest labelled = named("a4");
        assertThat(made(labelled.withConfig(labelled.config()
                                .withLabels(Map.of("com.docker.swarm.constraints", "[\"disk!=ssd\"]"))))
                        .nodeId())
                .isEqualTo("n1");
        for (UnaryOperator<HostConfigBuilder> sharing : List.<UnaryOperator<HostConfigBuilder>>of(
                host -> host.volumesFrom(List.of("db:ro")),
                host -> host.networkMode("container:" + db.id()),
                host -> host.pidMode("container:db"),
                host -> host.links(List.of("db:store")))) {
            assertThat(made(request("", "busybox", sharing)).nodeId()).isEqualTo("n2");
        }
        UnaryOperator<HostConfigBuilder> published =
                host -> host.portBindings(Map.of("80/tcp", List.of(new PortBinding("", "8080"))));
        assertThat(made(request("p1", "busybox", published)).nodeId()).isEqualTo("n1");
        assertThat(made(request("p2", "busybox", published)).nodeId()).isEqualTo("n2");
        assertThat(refused(request("p3", "busybox", published)))
                .isEqualTo(
                        Refusal.unavailable(
                                "no suitable node (host-mode port already in use on 2 nodes; 1 node not available for new tasks)"));
    }

    @Test
    void aRefusalSaysWhatIsMissingWhere() {
        node("n2", NodeState.READY, Map.of("disk", "ssd"));
        made(constrained("db", "disk==ssd"));
        made(constrained("cache", "disk!=ssd"));
        assertThat(refused(constrained("x1", "disk==tape")))
                .isEqualTo(Refusal.unavailable("no suitable node (scheduling constraints not satisfied on 2 nodes)"));
        assertThat(refused(request("x2", "busybox", host -> host.volumesFrom(List.of("db", "cache"))))
                        .message())
                .isEqualTo("no suitable node (containers it depends on live elsewhere for 2 nodes)");
        assertThat(refused(constrained("x3", "disk=ssd")).message()).startsWith("invalid constraint \"disk=ssd\"");
        assertThat(refused(request("x4", "busybox", host -> host.volumesFrom(List.of("nope")))))
                .isEqualTo(Refusal.invalid("No such container: nope"));
        assertThat(refused(request("x5", "busybox", host -> host.links(List.of("nope:x")))))
                .isEqualTo(Refusal.invalid("could not get container for nope: No such container: nope"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nope", "nope:x", "..", ":x", "/", "../../etc/passwd", "x\0y"})
    void theOnlyNodeTakesNoLinkToWhatIsNotThere(String link) {
        String name = link.split(":", 2)[0];
        assertThat(refused(request("x1", "busybox", host -> host.links(List.of(link)))))
                .isEqualTo(Refusal.invalid("could not get container for " + name + ": No such container: " + name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "//", "//ab", "..", "/..", "a/b"})
    void onlyOneSlashIsNoPartOfAName(String name) {
        assertThat(refused(named(name)).message())
                .isEqualTo("Invalid container name (" + name.replaceFirst("^/", "")
                        + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
    }

    @Test
    void theOnlyNodeTakesNoVolumesOfWhatIsNotThere() {
        assertThat(refused(request("x1", "busybox", host -> host.volumesFrom(List.of("nope:ro")))))
                .isEqualTo(Refusal.invalid("No such container: nope"));
    }

    @Test
    void theOnlyNodeTakesAllUnlessItIsDown() {
        assertThat(made(constrained("x1", "disk==tape")).nodeId()).isEqualTo("n1");
        node("n1", NodeState.DOWN, Map.of());
        assertThat(refused(named("x2")))
                .isEqualTo(Refusal.unavailable("no suitable node (1 node not available for new tasks)"));
    }
}
