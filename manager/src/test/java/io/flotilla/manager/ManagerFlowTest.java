package io.flotilla.manager;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.NetworkAttachmentConfig;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.dispatch.AppliedLog;
import io.flotilla.manager.dispatch.Dispatcher;
import io.flotilla.manager.state.ClusterState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The whole way of a call: command, batch, log, state, bus; and back from reports. */
class ManagerFlowTest {
    private static final String IMAGE = "sha256:" + "ab".repeat(32);

    private final StepManagers managers = new StepManagers();

    @Test
    void aCreatedServiceIsShownAndItsTasksAreAssigned() {
        StepManagers.One leader = managers.swarm();
        managers.loadImage("m1", IMAGE, "busybox:latest");

        Reply.Done done = leader.done(new Command.CreateService(StepManagers.service("web", 3)));

        assertThat(leader.state().tasksOfService(Objects.requireNonNull(done.id())))
                .hasSize(3)
                .allMatch(task -> task.state() == TaskState.ASSIGNED && "m1".equals(task.nodeId()));
        assertShown(leader.state());
        List<JsonNode> assignments = managers.shown(Topic.ASSIGNMENTS).entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("m1/task/"))
                .map(Map.Entry::getValue)
                .toList();
        assertThat(assignments).hasSize(3).allSatisfy(run -> {
            assertThat(run.path("image").asText()).isEqualTo(IMAGE);
            assertThat(run.path("serviceName").asText()).isEqualTo("web");
            assertThat(run.path("imageHolders").path(0).path("nodeId").asText()).isEqualTo("m1");
        });
        assertThat(managers.events()).containsSubsequence("network create ingress", "service create web");
        assertThat(done.index()).isEqualTo(leader.state().changedIndex());
        assertThat(leader.dispatcher.publishedIndex()).isEqualTo(done.index());
    }

    @Test
    void eachBatchEndsOnceAndItsIndexNeverFalls() {
        StepManagers.One leader = managers.swarm();
        leader.done(new Command.CreateService(StepManagers.service("web", 5)));

        TreeMap<Long, Integer> ends = new TreeMap<>();
        long last = 0;
        for (InRecord record : managers.published) {
            if (record.topic() == Topic.OBJECTS) {
                assertThat(record.index()).isGreaterThanOrEqualTo(last);
                last = record.index();
                if (!StepManagers.isPosition(record)) {
                    ends.merge(record.index(), record.endOfBatch() ? 1 : 0, Integer::sum);
                }
            }
        }
        assertThat(ends.values()).containsOnly(1);
    }

    @Test
    void whoReadsTheObjectsAfterCompactionSeesTheIndexOfARemoval() {
        StepManagers.One leader = managers.swarm();
        String id = leader.done(new Command.CreateService(StepManagers.service("web", 0)))
                .id();
        long removed = leader.done(new Command.RemoveService(Objects.requireNonNull(id)))
                .index();

        long seen = managers.published.stream()
                .filter(record -> record.topic() == Topic.OBJECTS && record.value() != null)
                .mapToLong(InRecord::index)
                .max()
                .orElseThrow();
        assertThat(seen).isGreaterThanOrEqualTo(removed);
    }

    @Test
    void aNodeThatWasAwayForLongIsToldOfATaskThatIsGone() {
        StepManagers.One leader = managers.swarm();

        managers.observe("m1", "longgone", TaskState.RUNNING);

        assertThat(managers.published).anySatisfy(record -> {
            assertThat(record.key()).isEqualTo("m1/task/longgone");
            assertThat(record.value()).isNull();
        });
        assertThat(leader.bugs).isEmpty();
    }

    @Test
    void aStaleVersionIsOutOfSequenceAlsoWithinOneTurn() {
        StepManagers.One leader = managers.swarm();
        String id = leader.done(new Command.CreateService(StepManagers.service("web", 1)))
                .id();
        Service service = leader.state().service(Objects.requireNonNull(id)).orElseThrow();
        long version = service.version().index();

        CompletableFuture<Reply> first = leader.controller.execute(
                new Command.UpdateService(id, version, StepManagers.service("web", 2), false));
        CompletableFuture<Reply> second = leader.controller.execute(
                new Command.UpdateService(id, version, StepManagers.service("web", 9), false));
        managers.run();

        assertThat(first.join()).isInstanceOf(Reply.Done.class);
        assertThat(second.join()).isInstanceOfSatisfying(Reply.Refused.class, refused -> assertThat(
                        refused.refusal().kind())
                .isEqualTo(Refusal.Kind.OUT_OF_SEQUENCE));
        assertThat(leader.state().tasksOfService(id)).hasSize(2);
    }

    @Test
    void aRestartedLeaderTakesEachReportOnceAndPublishesEachBatchOnce() {
        StepManagers.One leader = managers.swarm();
        managers.loadImage("m1", IMAGE, "busybox:latest");
        String id = leader.done(new Command.CreateService(StepManagers.service("web", 1)))
                .id();
        Task task = leader.state()
                .tasksOfService(Objects.requireNonNull(id))
                .iterator()
                .next();
        managers.observe("m1", task.id(), TaskState.RUNNING);
        ClusterState before = leader.state();
        int published = managers.published.size();

        managers.crash("m1");
        StepManagers.One again = managers.start("m1");
        managers.group.elect("m1");
        managers.run();

        assertThat(again.state().changedIndex()).isEqualTo(before.changedIndex());
        assertThat(again.state().task(task.id()).orElseThrow().state()).isEqualTo(TaskState.RUNNING);
        assertThat(managers.published).hasSize(published);
        assertThat(again.dispatcher.publishedIndex()).isEqualTo(before.changedIndex());
    }

    @Test
    void whatCommittedWhileTheBusWasDownIsPublishedOnceAfterwards() throws Exception {
        StepManagers.One leader = managers.swarm();
        int events = managers.events().size();
        managers.bus.outage(new BusException("the broker does not answer", true, null));

        CompletableFuture<Reply> reply =
                leader.controller.execute(new Command.CreateService(StepManagers.service("web", 2)));
        managers.run();
        assertThat(reply.join()).isInstanceOf(Reply.Done.class);
        assertThat(leader.dispatcher.trouble()).contains("the broker does not answer");

        managers.bus.outage(null);
        managers.run();
        assertShown(leader.state());
        assertThat(managers.events().subList(events, managers.events().size())).containsExactly("service create web");
        assertThat(leader.dispatcher.trouble()).isNull();
    }

    @Test
    void aBusThatLostItsDataIsFilledFromTheState() {
        StepManagers.One leader = managers.swarm();
        leader.done(new Command.CreateService(StepManagers.service("web", 2)));
        StepManagers other = new StepManagers();
        Dispatcher dispatcher = leading(other, leader, new AtomicLong());
        publish(dispatcher);
        other.bus.deliver();

        assertThat(other.shown(Topic.OBJECTS)).isEqualTo(managers.shown(Topic.OBJECTS));
        assertThat(other.shown(Topic.ASSIGNMENTS)).isEqualTo(managers.shown(Topic.ASSIGNMENTS));
    }

    /** It may have been deposed without having heard of it; what it commits later shows that it was not. */
    @Test
    void aManagerBehindWhatIsPublishedTakesNothingBackBeforeItHasCommitted() {
        StepManagers.One behind = managers.swarm();
        StepManagers other = new StepManagers();
        other.swarm().done(new Command.CreateService(StepManagers.service("web", 2)));
        var published = other.shown(Topic.OBJECTS);
        AtomicLong commits = new AtomicLong(7);
        Dispatcher dispatcher = leading(other, behind, commits);

        publish(dispatcher);
        commits.set(8);
        publish(dispatcher);
        other.bus.deliver();
        assertThat(other.shown(Topic.OBJECTS)).isEqualTo(published);
        assertThat(dispatcher.trouble()).startsWith("what is published is newer than this manager's state");

        commits.set(9);
        publish(dispatcher);
        other.bus.deliver();
        assertThat(other.shown(Topic.OBJECTS)).isEqualTo(managers.shown(Topic.OBJECTS));
        assertThat(dispatcher.trouble()).isNull();
    }

    private static Dispatcher leading(StepManagers to, StepManagers.One manager, AtomicLong commits) {
        Dispatcher dispatcher = new Dispatcher(to.bus, new AppliedLog(), manager.replica::state, to.keys, commits::get);
        dispatcher.lead(true);
        return dispatcher;
    }

    private static void publish(Dispatcher dispatcher) {
        boolean working = true;
        while (working) {
            working = dispatcher.step();
        }
    }

    @Test
    void aSilentNodeGoesDownAndComesBack() {
        StepManagers.One leader = managers.swarm();
        managers.describe("w1", NodeSpec.Role.WORKER);
        managers.pass(Duration.ofSeconds(10), "m1", "w1");
        assertThat(stateOf(leader, "w1")).isEqualTo(NodeState.READY);
        long committed = leader.state().index();

        managers.pass(Duration.ofSeconds(4), "m1");
        assertThat(stateOf(leader, "w1")).isEqualTo(NodeState.DOWN);
        assertThat(stateOf(leader, "m1")).isEqualTo(NodeState.READY);
        assertThat(leader.state().node("w1").map(Node::status).orElseThrow().message())
                .isEqualTo("heartbeat failure");

        managers.pass(Duration.ofSeconds(1), "m1", "w1");
        assertThat(stateOf(leader, "w1")).isEqualTo(NodeState.READY);
        // heartbeats themselves are no entries
        assertThat(leader.state().index()).isLessThanOrEqualTo(committed + 4);
    }

    @Test
    void noNodeGoesDownWhileTheBusIs() {
        StepManagers.One leader = managers.swarm();
        managers.pass(Duration.ofSeconds(5), "m1");

        managers.bus.outage(new BusException("gone", true, null));
        managers.pass(Duration.ofSeconds(30));
        assertThat(stateOf(leader, "m1")).isEqualTo(NodeState.READY);
        managers.bus.outage(null);
        managers.pass(Duration.ofSeconds(1));
        assertThat(stateOf(leader, "m1")).as("a fresh grace period").isEqualTo(NodeState.READY);
        managers.pass(Duration.ofSeconds(5));
        assertThat(stateOf(leader, "m1")).isEqualTo(NodeState.DOWN);
    }

    @Test
    void aDeposedLeadersCallersAreToldAndItsSuccessorGoesOn() {
        StepManagers three = new StepManagers();
        List.of("m1", "m2", "m3").forEach(three::start);
        three.group.elect("m1");
        three.run();
        three.describe("m1", NodeSpec.Role.MANAGER);
        StepManagers.One old = Objects.requireNonNull(three.running.get("m1"));
        old.done(new Command.InitSwarm("m1", null, "10.1.1.1", List.of(), 0, false));

        CompletableFuture<Reply> pending =
                old.controller.execute(new Command.CreateService(StepManagers.service("lost", 1)));
        // proposed, and never to reach a majority
        assertThat(old.controller.step()).isTrue();
        three.group.elect("m2");
        three.run();

        assertThat(pending.join()).isInstanceOfSatisfying(Reply.Refused.class, refused -> assertThat(
                        refused.refusal().kind())
                .isEqualTo(Refusal.Kind.UNAVAILABLE));
        StepManagers.One successor = Objects.requireNonNull(three.running.get("m2"));
        assertThat(successor.state().serviceNamed("lost")).isEmpty();
        successor.done(new Command.CreateService(StepManagers.service("kept", 1)));
        assertThat(old.controller.leads()).isFalse();
        assertThat(old.state().serviceNamed("kept")).isPresent();
        three.published.clear();
        assertThat(successor.state().index()).isEqualTo(old.state().index());
    }

    @Test
    void aCommandOfSeveralEntriesIsAnsweredWhenAllOfItIsApplied() {
        StepManagers.One leader = managers.swarm();
        int replicas = 20_000;

        Reply.Done done = leader.done(new Command.CreateService(StepManagers.service("many", replicas)));

        assertThat(leader.state().tasksOfService(Objects.requireNonNull(done.id())))
                .hasSize(replicas);
        assertThat(leader.controller.metrics().snapshot().batches()).isGreaterThan(3);
        assertThat(done.index()).isEqualTo(leader.state().changedIndex());
    }

    @Test
    void aReportThatIsNoneIsPassedOver() {
        StepManagers.One leader = managers.swarm();
        managers.bus
                .publish(new io.flotilla.bus.topic.OutRecord(
                        Topic.REPORTS, Topic.REPORTS.partitionOf("w1"), "w1", new byte[] {'{', '"'}, 0, false))
                .join();
        managers.describe("w1", NodeSpec.Role.WORKER);

        assertThat(leader.state().node("w1")).isPresent();
        assertThat(leader.controller.metrics().snapshot().unreadableReports()).isEqualTo(1);
    }

    @Test
    void onlyTheTasksOwnNodeMovesItAndOnlyForward() {
        StepManagers.One leader = managers.swarm();
        String id = leader.done(new Command.CreateService(StepManagers.service("web", 1)))
                .id();
        Task task = leader.state()
                .tasksOfService(Objects.requireNonNull(id))
                .iterator()
                .next();

        managers.observe("w9", task.id(), TaskState.RUNNING);
        assertThat(stateOf(leader, task)).isEqualTo(TaskState.ASSIGNED);
        managers.observe("m1", task.id(), TaskState.RUNNING);
        managers.observe("m1", task.id(), TaskState.PREPARING);
        managers.observe("m1", task.id(), TaskState.ORPHANED);
        assertThat(stateOf(leader, task)).isEqualTo(TaskState.RUNNING);
    }

    @Test
    void leavingByForceLeavesNothingOfTheSwarm() {
        StepManagers.One leader = managers.swarm();
        leader.done(new Command.CreateService(StepManagers.service("web", 2)));

        assertThat(leader.refused(new Command.LeaveSwarm("m1", false)))
                .contains("Use `--force` to ignore this message");
        leader.done(new Command.LeaveSwarm("m1", true));

        ClusterState state = leader.state();
        assertThat(state.cluster()).isEmpty();
        assertThat(state.tasks()).isEmpty();
        assertThat(state.services()).isEmpty();
        assertThat(state.revisions()).isEmpty();
        assertThat(state.networks()).extracting(network -> network.name()).containsOnly("bridge", "host", "none");
        assertThat(managers.shown(Topic.ASSIGNMENTS).keySet()).noneMatch(key -> key.contains("/task/"));
        assertShown(state);
        assertThat(leader.refused(new Command.CreateService(StepManagers.service("web", 1))))
                .startsWith("This node is not a swarm manager");
    }

    @Test
    void aRemovedImageIsDroppedByItsHoldersAndThenForgotten() {
        StepManagers.One leader = managers.swarm();
        managers.loadImage("m1", IMAGE, "docker.io/library/busybox:1.36");

        leader.done(new Command.RemoveImage(IMAGE, "busybox:1.36", false));
        assertThat(managers.shown(Topic.ASSIGNMENTS)).containsKey("m1/image/" + IMAGE);
        managers.report(new Report.ImagesHeld("m1", List.of()));
        managers.run();

        assertThat(leader.state().images()).isEmpty();
        assertThat(managers.shown(Topic.ASSIGNMENTS)).doesNotContainKey("m1/image/" + IMAGE);
        assertThat(managers.events()).containsSubsequence("image untag " + IMAGE, "image delete " + IMAGE);
    }

    @Test
    void anImageThatArrivesLaterReachesTheWaitingTask() {
        StepManagers.One leader = managers.swarm();
        leader.done(new Command.CreateService(StepManagers.service("web", 1)));
        assertThat(task(managers).path("image").isMissingNode()).isTrue();

        managers.loadImage("m1", IMAGE, "busybox:latest");
        assertThat(task(managers).path("image").asText()).isEqualTo(IMAGE);
    }

    @Test
    void aNodeIsToldTheNetworkOfATaskByItsName() {
        StepManagers.One leader = managers.swarm();
        String host = leader.state().networks().stream()
                .filter(network -> network.name().equals("host"))
                .map(StoreObject::id)
                .findFirst()
                .orElseThrow();
        ServiceSpec spec = StepManagers.service("web", 1);
        leader.done(new Command.CreateService(spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                .withNetworks(List.of(new NetworkAttachmentConfig(host, List.of(), Map.of()))))));

        assertThat(task(managers).at("/spec/Networks/0/Target").asText()).isEqualTo("host");
    }

    @Test
    void aNodeBehindASocketKeepsItsAddressAndSaysWhatItCanNotFollow() {
        StepManagers.One leader = managers.swarm();
        Node node = leader.state().node("m1").orElseThrow();
        managers.report(new Report.NodeDescribed(
                "m1",
                "s2",
                Objects.requireNonNull(node.description()),
                "unix:///run/x/node.sock",
                NodeSpec.Role.MANAGER,
                "assignments not followed: image/x",
                null));
        managers.run();

        assertThat(leader.state().node("m1").orElseThrow().status())
                .isEqualTo(new NodeStatus(NodeState.READY, "assignments not followed: image/x", "10.1.1.1"));
    }

    private static JsonNode task(StepManagers managers) {
        return managers.shown(Topic.ASSIGNMENTS).entrySet().stream()
                .filter(entry -> entry.getKey().contains("/task/"))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow();
    }

    private void assertShown(ClusterState state) {
        Map<String, JsonNode> shown = managers.shown(Topic.OBJECTS);
        int objects = 0;
        for (ObjectKind kind : ObjectKind.values()) {
            for (StoreObject object : state.all(kind)) {
                objects++;
                assertThat(shown).containsKey(kind.key(object.id()));
                assertThat(Objects.requireNonNull(shown.get(kind.key(object.id())))
                                .path("Version")
                                .path("Index")
                                .asLong())
                        .isEqualTo(object.version().index());
            }
        }
        assertThat(shown).hasSize(objects);
    }

    private static TaskState stateOf(StepManagers.One leader, Task task) {
        return leader.state().task(task.id()).orElseThrow().state();
    }

    private static NodeState stateOf(StepManagers.One leader, String node) {
        return Optional.ofNullable(leader.state().node(node).orElseThrow().status())
                .map(status -> status.state())
                .orElseThrow();
    }
}
