package io.flotilla.manager.control.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerInspectResponseBuilder;
import io.flotilla.bus.schema.ContainerStateBuilder;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.ImageDeleteResponseItem;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SwarmSpec;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.manager.state.Batch;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.Ids;
import io.flotilla.manager.state.Turn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Refusals word for word as dockerd 20.10 gave them for the same requests. */
class CommandWordingTest {
    private static final String IMAGE = "sha256:9289ca997f727b49d71360c69c7b10d6970da5062bfca8ba9a8a8d8aab3f46de";
    private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");

    private final Turn turn = new Turn(ClusterState.empty(), T, new Ids(new Random(1)));
    private final Commands commands = new Commands();

    @BeforeEach
    void swarm() {
        assertThat(run(new Command.InitSwarm("n1", null, "10.1.1.1", List.of(), 0, false)))
                .isInstanceOf(Reply.Done.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|mismatched Runtime and *Spec fields",
                "{\"Name\":\"-x-\",$T}|rpc error: code = InvalidArgument desc = name must be valid as a DNS name component",
                "{\"Name\":\"x\",\"TaskTemplate\":{\"ContainerSpec\":{}}}"
                        + "|rpc error: code = InvalidArgument desc = ContainerSpec: image reference must be provided",
                "{\"Name\":\"x\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"A B\"}}}"
                        + "|rpc error: code = InvalidArgument desc = ContainerSpec: \"A B\" is not a valid repository/tag",
                "{\"Name\":\"x\",$T,\"UpdateConfig\":{\"Delay\":-1}}"
                        + "|rpc error: code = InvalidArgument desc = TaskSpec: update-delay cannot be negative",
                "{\"Name\":\"x\",$T,\"UpdateConfig\":{\"MaxFailureRatio\":2}}|rpc error: code = InvalidArgument desc ="
                        + " TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1",
                "{\"Name\":\"x\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"b\"},\"RestartPolicy\":{\"Delay\":-1}}}"
                        + "|rpc error: code = InvalidArgument desc = TaskSpec: restart-delay cannot be negative",
                "{\"Name\":\"x\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"b\"},"
                        + "\"Resources\":{\"Limits\":{\"NanoCPUs\":10}}}}"
                        + "|rpc error: code = InvalidArgument desc = invalid cpu value 1e-08: Must be at least 0.001",
                "{\"Name\":\"x\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"b\"},"
                        + "\"Resources\":{\"Limits\":{\"NanoCPUs\":-1000000000}}}}"
                        + "|rpc error: code = InvalidArgument desc = invalid cpu value -1: Must be at least 0.001",
                "{\"Name\":\"x\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"b\"},"
                        + "\"Resources\":{\"Limits\":{\"MemoryBytes\":10}}}}"
                        + "|rpc error: code = InvalidArgument desc = invalid memory value 10: Must be at least 4MiB",
                "{\"Name\":\"x\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"b\"},"
                        + "\"Placement\":{\"Constraints\":[\"foo=1\"]}}}"
                        + "|rpc error: code = Unknown desc = constraint expected one operator from ==, !=",
                "{\"Name\":\"x\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"b\"},\"Networks\":[{\"Target\":\"nonet\"}]}}"
                        + "|network nonet not found",
                "{\"Name\":\"x\",$T,\"EndpointSpec\":{\"Ports\":[{\"TargetPort\":80,\"PublishedPort\":8080},"
                        + "{\"TargetPort\":81,\"PublishedPort\":8080}]}}"
                        + "|rpc error: code = InvalidArgument desc = EndpointSpec: duplicate published ports provided",
                "{\"Name\":\"x\",$T,\"EndpointSpec\":{\"Mode\":\"dnsrr\",\"Ports\":[{\"TargetPort\":80,\"PublishedPort\":80}]}}"
                        + "|rpc error: code = InvalidArgument desc = EndpointSpec: port published with ingress mode can't be"
                        + " used with dnsrr mode",
                "{\"Name\":\"x\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"b\",\"HealthCheck\":{\"Interval\":-1}}}}"
                        + "|rpc error: code = InvalidArgument desc = ContainerSpec: Interval in HealthConfig cannot be"
                        + " less than 1ms",
                "{\"Name\":\"x\",$T,\"Mode\":{\"ReplicatedJob\":{}},\"UpdateConfig\":{}}"
                        + "|rpc error: code = InvalidArgument desc = Jobs may not have an update config",
                "{\"Name\":\"x\",$T,\"Mode\":{\"GlobalJob\":{}},\"RollbackConfig\":{}}"
                        + "|rpc error: code = InvalidArgument desc = Jobs may not have a rollback config",
                "{\"Name\":\"x\",$T,\"Mode\":{\"ReplicatedJob\":{},\"Global\":{}}}"
                        + "|must specify only one service mode",
                "{\"Name\":\"x\",$T,\"Mode\":{\"ReplicatedJob\":{\"MaxConcurrent\":20001}}}"
                        + "|a job of 20001 completions is too large: the limit is 20000",
            })
    void anInvalidServiceIsRefused(String json, String message) throws IOException {
        assertThat(refused(new Command.CreateService(spec(json)))).isEqualTo(message);
    }

    @Test
    void namesAndPortsBelongToOneService() throws IOException {
        String h =
                create("{\"Name\":\"h\",$T,\"EndpointSpec\":{\"Ports\":[{\"TargetPort\":80,\"PublishedPort\":8080}]}}");

        assertThat(refused(new Command.CreateService(spec("{\"Name\":\"h\",$T}"))))
                .isEqualTo("rpc error: code = AlreadyExists desc = name conflicts with an existing object: service h"
                        + " already exists");
        assertThat(
                        refused(
                                new Command.CreateService(
                                        spec(
                                                "{\"Name\":\"i\",$T,\"EndpointSpec\":{\"Ports\":[{\"TargetPort\":80,\"PublishedPort\":8080}]}}"))))
                .isEqualTo("rpc error: code = InvalidArgument desc = port '8080' is already in use by service 'h' (" + h
                        + ") as an ingress port");
    }

    @Test
    void anUpdateKeepsNameAndMode() throws IOException {
        String id = create("{\"Name\":\"h\",$T}");
        Turn next = new Turn(turn.state(), T, new Ids(new Random(2)));

        assertThat(refused(next, new Command.UpdateService(id, 5, spec("{\"Name\":\"h\",$T}"), false)))
                .isEqualTo("rpc error: code = Unknown desc = update out of sequence");
        assertThat(refused(next, new Command.UpdateService(id, 0, spec("{\"Name\":\"h2\",$T}"), false)))
                .isEqualTo("rpc error: code = Unimplemented desc = renaming services is not supported");
        assertThat(refused(
                        next,
                        new Command.UpdateService(id, 0, spec("{\"Name\":\"h\",$T,\"Mode\":{\"Global\":{}}}"), false)))
                .isEqualTo("rpc error: code = Unimplemented desc = service mode change is not allowed");
        assertThat(refused(next, new Command.UpdateService(id, 0, null, true)))
                .isEqualTo(
                        "rpc error: code = FailedPrecondition desc = service " + id + " does not have a previous spec");
        assertThat(refused(next, new Command.RemoveService("nope"))).isEqualTo("service nope not found");
    }

    /** Managers write into a service how far its update is: that must not refuse the next one by chance. */
    @Test
    void onlyAClientThatHasNotSeenTheSpecIsOutOfSequence() throws IOException {
        String id = create("{\"Name\":\"h\",$T}");
        ClusterState made = committed(turn, 7);
        Turn status = new Turn(made, T, new Ids(new Random(2)));
        status.put(made.service(id)
                .orElseThrow()
                .withUpdateStatus(new UpdateStatus(UpdateStatus.State.UPDATING, T, null, "update in progress")));
        ClusterState updating = committed(status, 8);

        assertThat(updating.service(id).orElseThrow().version().index()).isEqualTo(8);
        for (long seen : List.of(7L, 8L)) {
            Turn next = new Turn(updating, T, new Ids(new Random(3)));
            Reply reply = commands.run(
                    next,
                    new Command.UpdateService(id, seen, spec("{\"Name\":\"h\",$T,\"Labels\":{\"a\":\"b\"}}"), false));
            assertThat(reply).isInstanceOf(Reply.Done.class);
            Turn after = new Turn(committed(next, 9), T, new Ids(new Random(4)));
            assertThat(refused(after, new Command.UpdateService(id, 8, spec("{\"Name\":\"h\",$T}"), false)))
                    .isEqualTo("rpc error: code = Unknown desc = update out of sequence");
        }
        Turn next = new Turn(updating, T, new Ids(new Random(3)));
        assertThat(refused(next, new Command.UpdateService(id, 6, spec("{\"Name\":\"h\",$T}"), false)))
                .isEqualTo("rpc error: code = Unknown desc = update out of sequence");
    }

    private static ClusterState committed(Turn turn, long index) {
        return turn.base().apply(new Batch(turn.base().index(), T, turn.changes(), Map.of()), index);
    }

    @Test
    void whatDockerFillsInIsFilledIn() throws IOException {
        String id = create("{$T,\"EndpointSpec\":{\"Ports\":[{\"TargetPort\":80}]}}");
        Service service = turn.state().service(id).orElseThrow();

        assertThat(Codec.JSON.mapper().valueToTree(service.spec()).toString())
                .contains("\"Mode\":{\"Replicated\":{\"Replicas\":1}}")
                .contains("\"Runtime\":\"container\"")
                .contains(
                        "\"Mode\":\"vip\",\"Ports\":[{\"Protocol\":\"tcp\",\"TargetPort\":80,\"PublishMode\":\"ingress\"}]");
        assertThat(service.spec().name()).matches("[a-z]+_[a-z]+");
    }

    @Test
    void theLastManagerStays() {
        Node node = turn.state().node("n1").orElseThrow();
        Turn next = new Turn(turn.state(), T, new Ids(new Random(2)));
        assertThat(refused(next, new Command.UpdateNode("n1", 0, node.spec().withRole(NodeSpec.Role.WORKER))))
                .isEqualTo(
                        "rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm");
        assertThat(refused(next, new Command.UpdateNode("n1", 1, node.spec())))
                .isEqualTo("rpc error: code = Unknown desc = update out of sequence");
        assertThat(refused(next, new Command.RemoveNode("n1", true)))
                .isEqualTo("rpc error: code = FailedPrecondition desc = node n1 is a cluster manager and is a member of"
                        + " the raft cluster. It must be demoted to worker before removal");
        assertThat(refused(next, new Command.RemoveNode("nope", false))).isEqualTo("node nope not found");
    }

    @Test
    void aSwarmHasDockersDefaultsAndAnUpdateKeepsWhatItDoesNotName() {
        Cluster cluster = turn.state().cluster().orElseThrow();
        assertThat(cluster.joinTokens()).isNotNull();
        assertThat(Objects.requireNonNull(cluster.joinTokens()).worker())
                .matches("SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}")
                .isNotEqualTo(cluster.joinTokens().manager());
        Turn next = new Turn(turn.state(), T, new Ids(new Random(2)));
        SwarmSpec history =
                new SwarmSpec(null, Map.of(), new SwarmSpec.Orchestration(2L), null, null, null, null, null);

        assertThat(commands.run(next, new Command.UpdateSwarm(0, history, true, false)))
                .isInstanceOf(Reply.Done.class);
        Cluster updated = next.state().cluster().orElseThrow();
        assertThat(updated.spec()).isEqualTo(cluster.spec().withOrchestration(new SwarmSpec.Orchestration(2L)));
        assertThat(Objects.requireNonNull(updated.joinTokens()).manager())
                .isEqualTo(cluster.joinTokens().manager());
        assertThat(updated.joinTokens().worker())
                .isNotEqualTo(cluster.joinTokens().worker());
        assertThat(refused(
                        new Turn(next.state(), T, new Ids(new Random(2))),
                        new Command.UpdateSwarm(0, cluster.spec().withName("foo"), false, false)))
                .isEqualTo("swarm spec must be named \"default\"");
        assertThat(refused(
                        new Turn(next.state(), T, new Ids(new Random(2))),
                        new Command.UpdateSwarm(
                                0,
                                cluster.spec().withEncryptionConfig(new SwarmSpec.EncryptionConfig(true)),
                                false,
                                false)))
                .isEqualTo("the locking of managers (autolock) is not supported by this version of Flotilla");
    }

    @Test
    void aSecondInitIsRefused() {
        Reply reply = run(new Command.InitSwarm("n1", null, "10.1.1.1", List.of(), 0, false));
        assertThat(reply)
                .isEqualTo(new Reply.Refused(Refusal.unavailable("This node is already part of a swarm. Use \"docker"
                        + " swarm leave\" to leave this swarm and join another one.")));
    }

    @Test
    void anImageInUseKeepsItsLastName() {
        image("busybox:latest", "foo/bar:2");
        container("f69f463f73c3aaaa", true);

        assertThat(removed(new Command.RemoveImage(IMAGE, "busybox:latest", false)))
                .containsExactly(new ImageDeleteResponseItem("busybox:latest", null));
        assertThat(refused(new Command.RemoveImage(IMAGE, "foo/bar:2", false)))
                .isEqualTo("conflict: unable to remove repository reference \"foo/bar:2\" (must force) - container"
                        + " f69f463f73c3 is using its referenced image 9289ca997f72");
        assertThat(refused(new Command.RemoveImage(IMAGE, null, true)))
                .isEqualTo("conflict: unable to delete 9289ca997f72 (cannot be forced) - image is being used by running"
                        + " container f69f463f73c3");
        assertThat(removed(new Command.RemoveImage(IMAGE, "foo/bar:2", true)))
                .containsExactly(new ImageDeleteResponseItem("foo/bar:2", null));
        assertThat(turn.state().image(IMAGE)).isPresent();
    }

    @Test
    void anImageOfSeveralNamesGoesByIdOnlyByForce() {
        image("busybox:latest", "foo/bar:2");

        assertThat(refused(new Command.RemoveImage(IMAGE, null, false)))
                .isEqualTo("conflict: unable to delete 9289ca997f72 (must be forced) - image is referenced in multiple"
                        + " repositories");
        assertThat(removed(new Command.RemoveImage(IMAGE, null, true)))
                .containsExactly(
                        new ImageDeleteResponseItem("busybox:latest", null),
                        new ImageDeleteResponseItem("foo/bar:2", null),
                        new ImageDeleteResponseItem(null, IMAGE));
        assertThat(refused(new Command.RemoveImage(IMAGE, null, true))).isEqualTo("No such image: " + IMAGE);
    }

    @Test
    void aNameMovesToTheImageThatIsTagged() {
        image("busybox:latest");
        String other = "sha256:" + "cd".repeat(32);
        turn.put(image(other, List.of("other:latest")));

        assertThat(run(new Command.TagImage(other, "busybox:latest"))).isInstanceOf(Reply.Done.class);
        assertThat(turn.state().imageTagged("busybox:latest").orElseThrow().id())
                .isEqualTo(other);
        assertThat(turn.state().image(IMAGE).orElseThrow().repoTags()).isEmpty();
    }

    private Reply run(Command command) {
        return commands.run(turn, command);
    }

    private String create(String json) throws IOException {
        Reply reply = run(new Command.CreateService(spec(json)));
        return Objects.requireNonNull(
                ((Reply.Done) assertThat(reply).isInstanceOf(Reply.Done.class).actual()).id());
    }

    private List<ImageDeleteResponseItem> removed(Command command) {
        return ((Reply.Done)
                        assertThat(run(command)).isInstanceOf(Reply.Done.class).actual())
                .deleted();
    }

    private String refused(Command command) {
        return refused(turn, command);
    }

    private String refused(Turn in, Command command) {
        int before = in.size();
        Reply reply = commands.run(in, command);
        assertThat(reply).isInstanceOf(Reply.Refused.class);
        assertThat(in.size()).isEqualTo(before);
        return ((Reply.Refused) reply).refusal().message();
    }

    private static ServiceSpec spec(String json) throws IOException {
        String filled = json.replace(
                "$T", "\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"busybox\",\"Command\":[\"sleep\",\"100\"]}}");
        return Codec.JSON.decode(filled.getBytes(StandardCharsets.UTF_8), ServiceSpec.class);
    }

    private void image(String... tags) {
        turn.put(image(IMAGE, List.of(tags)));
    }

    private static Image image(String id, List<String> tags) {
        return new Image(
                id,
                new ObjectVersion(0),
                T,
                T,
                tags,
                List.of(),
                JsonNodeFactory.instance.objectNode(),
                1,
                List.of(1L),
                List.of("n1"),
                null);
    }

    private void container(String id, boolean running) {
        turn.put(new Container(
                id,
                new ObjectVersion(0),
                T,
                T,
                "n1",
                null,
                null,
                null,
                0,
                1,
                ContainerInspectResponseBuilder.builder()
                        .id(id)
                        .image(IMAGE)
                        .state(ContainerStateBuilder.builder().running(running).build())
                        .build()));
    }
}
