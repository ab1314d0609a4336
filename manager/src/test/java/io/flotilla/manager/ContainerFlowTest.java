package io.flotilla.manager;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Volume;
import io.flotilla.bus.topic.Topic;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Containers of no service from the command to the node's share, and back from its reports. No swarm is needed. */
class ContainerFlowTest {
    private static final String IMAGE = "sha256:" + "ab".repeat(32);

    private final StepManagers managers = new StepManagers();
    private final StepManagers.One leader = StepManagers.single(managers);

    @BeforeEach
    void node() {
        managers.describe("m1", NodeSpec.Role.MANAGER);
        managers.loadImage("m1", IMAGE, "busybox:latest");
    }

    private Reply.Done created(String name) {
        return leader.done(StepManagers.create(StepManagers.container(name)));
    }

    private Container container(Reply.Done done) {
        return leader.state().container(Objects.requireNonNull(done.id())).orElseThrow();
    }

    private static Assignment.RunContainer share(Reply.Done done) {
        return (Assignment.RunContainer) Objects.requireNonNull(done.handover()).assignment();
    }

    private @Nullable JsonNode assigned(String nodeId, Reply.Done done) {
        return managers.shown(Topic.ASSIGNMENTS).get(nodeId + "/container/" + done.id());
    }

    @Test
    void theAnswerBearsWhatTheNodeIsToldOverTheBus() {
        Reply.Done done = created("web");

        assertThat(done.id()).matches("[0-9a-f]{64}");
        assertThat(Objects.requireNonNull(done.handover()).nodeId()).isEqualTo("m1");
        assertThat(share(done).request().imageId()).isEqualTo(IMAGE);
        assertThat(share(done).starts()).isZero();
        assertThat(share(done).imageHolders())
                .extracting(Assignment.Holder::nodeId)
                .containsExactly("m1");
        assertThat(assigned("m1", done))
                .hasToString(Codec.JSON.mapper().valueToTree(share(done)).toString());
        assertThat(container(done).inspect().name()).isEqualTo("/web");
        assertThat(Objects.requireNonNull(container(done).inspect().state()).status())
                .isEqualTo("created");
    }

    @Test
    void eachStartIsOrderedOnceMore() {
        Reply.Done done = created("web");

        Reply.Done first = leader.done(new Command.StartContainer(Objects.requireNonNull(done.id())));
        Reply.Done second = leader.done(new Command.StartContainer(done.id()));

        assertThat(share(first).starts()).isEqualTo(1);
        assertThat(share(second).starts()).isEqualTo(2);
        assertThat(Objects.requireNonNull(assigned("m1", done)).path("starts").asLong())
                .isEqualTo(2);
        assertThat(leader.refused(new Command.StartContainer("nope"))).isEqualTo("No such container: nope");
    }

    @Test
    void whatANodeSeesKeepsWhatWasWanted() {
        Reply.Done done = created("web");
        leader.done(new Command.StartContainer(Objects.requireNonNull(done.id())));

        managers.see("m1", done.id(), 2, "running");
        managers.see("m1", done.id(), 1, "created");
        managers.see("other", done.id(), 9, "dead");

        assertThat(Objects.requireNonNull(container(done).inspect().state()).status())
                .isEqualTo("running");
        assertThat(container(done).starts()).isEqualTo(1);
        assertThat(Objects.requireNonNull(container(done).request()).name()).isEqualTo("web");
        assertThat(container(done).inspect().name())
                .as("a node may be late with a new name")
                .isEqualTo("/web");
        assertThat(leader.state().containerNamed("web")).isPresent();
    }

    @Test
    void aNewNameFreesTheOldOne() {
        Reply.Done done = created("web");

        Reply.Done renamed = leader.done(new Command.RenameContainer(Objects.requireNonNull(done.id()), "/front"));

        assertThat(share(renamed).request().name()).isEqualTo("front");
        assertThat(container(done).inspect().name()).isEqualTo("/front");
        assertThat(created("web").id()).isNotEqualTo(done.id());
        assertThat(leader.refused(StepManagers.create(StepManagers.container("front"))))
                .startsWith("Conflict. The container name \"/front\" is already in use");
    }

    @Test
    void anUpdateChangesLimitsAndPolicyOnly() {
        Reply.Done done = created("web");
        Command.UpdateContainer update = new Command.UpdateContainer(
                Objects.requireNonNull(done.id()),
                HostConfigBuilder.builder().memory(64L << 20).privileged(true).build());

        Assignment.RunContainer share = share(leader.done(update));

        assertThat(share.request().hostConfig().memory()).isEqualTo(64L << 20);
        assertThat(share.request().hostConfig().privileged()).isNull();
    }

    @Test
    void anUpdateItsNodeRefusedIsTakenBackUnlessAnotherCameSince() {
        String id = Objects.requireNonNull(created("web").id());
        HostConfig before = hostConfig(id);
        HostConfig refused = share(leader.done(new Command.UpdateContainer(
                        id, HostConfigBuilder.builder().memory(1L).build())))
                .request()
                .hostConfig();

        leader.done(new Command.TakeBackUpdate(id, refused, before));
        assertThat(hostConfig(id)).isEqualTo(before);

        leader.done(new Command.UpdateContainer(
                id, HostConfigBuilder.builder().memory(64L << 20).build()));
        leader.done(new Command.TakeBackUpdate(id, refused, before));
        assertThat(hostConfig(id).memory()).isEqualTo(64L << 20);
    }

    private HostConfig hostConfig(String id) {
        return Objects.requireNonNull(leader.state().container(id).orElseThrow().request())
                .hostConfig();
    }

    @Test
    void aContainerItsNodeHasRemovedIsGoneAndTakenBack() {
        Reply.Done done = created("web");

        managers.report(new Report.ContainerGone("other", Objects.requireNonNull(done.id())));
        managers.run();
        assertThat(leader.state().containers()).hasSize(1);
        managers.report(new Report.ContainerGone("m1", done.id()));
        managers.run();

        assertThat(leader.state().containers()).isEmpty();
        assertThat(assigned("m1", done)).isNull();
        assertThat(leader.done(new Command.ForgetContainer(done.id())).id())
                .as("the client's call may come second")
                .isEqualTo(done.id());
        assertThat(created("web").id()).isNotEqualTo(done.id());
    }

    @Test
    void aForgottenContainerIsTakenBackFromANodeThatStillHasIt() {
        Reply.Done done = created("web");
        leader.done(new Command.ForgetContainer(Objects.requireNonNull(done.id())));
        managers.published.clear();

        managers.see("m1", done.id(), 3, "running");

        assertThat(leader.state().containers()).isEmpty();
        assertThat(managers.published)
                .anySatisfy(record -> assertThat(record.key()).isEqualTo("m1/container/" + done.id()));
        assertThat(assigned("m1", done)).isNull();
    }

    @Test
    void aLostNodesContainersStayAsLastSeenARemovedOnesGo() {
        managers.describe("w1", NodeSpec.Role.WORKER);
        leader.done(new Command.InitSwarm("m1", null, "10.1.1.1", List.of(), 0, false));
        ContainerRequest there = StepManagers.container("there")
                .withConfig(StepManagers.container("there").config().withEnv(List.of("constraint:node==w1-host")));
        Reply.Done done = leader.done(StepManagers.create(there));
        managers.see("w1", Objects.requireNonNull(done.id()), 1, "running");

        managers.pass(Duration.ofSeconds(10), "m1");
        assertThat(Objects.requireNonNull(container(done).inspect().state()).status())
                .isEqualTo("running");
        leader.done(new Command.RemoveNode("w1", true));

        assertThat(leader.state().containers()).isEmpty();
        assertThat(assigned("w1", done)).isNull();
        assertThat(leader.state().find(ObjectKind.NODE, "w1")).isNull();
    }

    @Test
    void volumesAreKnownFromTheirNodesAndPinContainers() {
        managers.describe("w1", NodeSpec.Role.WORKER);
        managers.report(new Report.VolumeObserved("w1", volume("db")));
        managers.report(new Report.VolumeObserved("w1", volume("old")));
        managers.run();
        assertThat(managers.shown(Topic.OBJECTS)).containsKeys("volume/w1/db", "volume/w1/old");

        ContainerRequest mounting = StepManagers.container("")
                .withHostConfig(HostConfigBuilder.builder()
                        .binds(List.of("db:/data", "new:/new", "/host:/host"))
                        .build());
        for (int i = 0; i < 3; i++) {
            assertThat(container(leader.done(StepManagers.create(mounting))).nodeId())
                    .isEqualTo("w1");
        }
        managers.report(new Report.VolumesHeld("w1", List.of("db")));
        managers.report(new Report.VolumeObserved("m1", volume("old")));
        managers.run();
        assertThat(managers.shown(Topic.OBJECTS)).containsKeys("volume/w1/db", "volume/m1/old");
        assertThat(managers.shown(Topic.OBJECTS)).doesNotContainKey("volume/w1/old");
        ContainerRequest torn =
                mounting.withHostConfig(mounting.hostConfig().withBinds(List.of("db:/data", "old:/old")));
        assertThat(leader.refused(StepManagers.create(torn)))
                .isEqualTo("no suitable node (volumes it mounts are not on 2 nodes)");
        managers.report(new Report.VolumeGone("w1", "db"));
        managers.run();
        assertThat(leader.state().volumesNamed("db")).isEmpty();
    }

    private static Volume volume(String name) {
        return new Volume(name, "local", "/v/" + name, null, null, Map.of(), "local", Map.of(), null, null);
    }

    @Test
    void containersOutliveTheLeaderAndItsLog() {
        Reply.Done done = created("web");
        managers.crash("m1");
        StepManagers.One next = managers.start("m1");
        managers.group.elect("m1");
        managers.run();

        assertThat(next.state().containerNamed("web").orElseThrow().id()).isEqualTo(done.id());
        assertThat(assigned("m1", done))
                .hasToString(Codec.JSON.mapper().valueToTree(share(done)).toString());
    }
}
