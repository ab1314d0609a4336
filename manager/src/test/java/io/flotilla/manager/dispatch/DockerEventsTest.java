package io.flotilla.manager.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.CronStatus;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceBuilder;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpecBuilder;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskBuilder;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.bus.schema.TaskStatusBuilder;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.manager.orchestrator.rebalance.Rebalancer;
import io.flotilla.manager.scheduler.PlacementLabels;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The attributes dockerd 20.10 gave for the same changes. */
class DockerEventsTest {
    private static final Instant T = Instant.parse("2026-01-01T00:00:00.000000005Z");

    @Test
    void aScaledServiceTellsBothCounts() {
        EventMessage event = update(service("busybox:latest", 1, null), service("busybox:latest", 2, null));

        assertThat(event.action()).isEqualTo("update");
        assertThat(event.scope()).isEqualTo("swarm");
        assertThat(Objects.requireNonNull(event.actor()).attributes())
                .isEqualTo(Map.of("name", "ev", "replicas.new", "2", "replicas.old", "1"));
        assertThat(event.timeNano()).isEqualTo(T.getEpochSecond() * 1_000_000_000L + 5);
    }

    @Test
    void anUpdateTellsImageAndProgress() {
        assertThat(attributes(service("busybox:latest", 1, null), service("busybox:1.35", 1, null)))
                .isEqualTo(Map.of("name", "ev", "image.new", "busybox:1.35", "image.old", "busybox:latest"));
        assertThat(attributes(service("b", 1, null), service("b", 1, UpdateStatus.State.UPDATING)))
                .isEqualTo(Map.of("name", "ev", "updatestate.new", "updating"));
        assertThat(attributes(
                        service("b", 1, UpdateStatus.State.UPDATING), service("b", 1, UpdateStatus.State.COMPLETED)))
                .isEqualTo(Map.of("name", "ev", "updatestate.new", "completed", "updatestate.old", "updating"));
    }

    @Test
    void aNodeTellsAvailabilityAndState() {
        assertThat(attributes(
                        node(NodeSpec.Availability.ACTIVE, NodeState.READY),
                        node(NodeSpec.Availability.DRAIN, NodeState.READY)))
                .isEqualTo(Map.of("name", "zz", "availability.new", "drain", "availability.old", "active"));
        assertThat(attributes(
                        node(NodeSpec.Availability.ACTIVE, NodeState.READY),
                        node(NodeSpec.Availability.ACTIVE, NodeState.DOWN)))
                .isEqualTo(Map.of("name", "zz", "state.new", "down", "state.old", "ready"));
    }

    @Test
    void aTimeOfAScheduleThatWasLeftOutIsToldThoughNothingElseChanged() {
        Service before = service("b", 1, null).withCronStatus(new CronStatus("@hourly", "Z", null, null, T));
        Instant next = T.plusSeconds(3600);
        EventMessage event = update(
                before, before.withCronStatus(new CronStatus("@hourly", "Z", T, CronStatus.Decision.SKIPPED, next)));

        assertThat(event.type() + " " + event.action()).isEqualTo("service cron");
        assertThat(Objects.requireNonNull(event.actor()).attributes())
                .isEqualTo(Map.of("name", "ev", "decision", "skipped", "due", T.toString(), "next", next.toString()));
    }

    @Test
    void aMoveTellsItsReason() {
        Task moved = task(TaskState.PENDING, null).withLabels(Map.of(Rebalancer.REASON, "moved from a to b"));
        ClusterState before = ClusterState.empty().with(service("b", 1, null));
        EventMessage event = DockerEvents.of(before, before.with(moved), List.<Change>of(new Change.Put(moved)), T)
                .getFirst();

        assertThat(event.action()).isEqualTo("rebalance");
        assertThat(Objects.requireNonNull(event.actor()).attributes())
                .isEqualTo(Map.of("name", "ev", "task", "t1", "reason", "moved from a to b"));
    }

    @Test
    void aServiceThatWaitsNoMoreIsToldOnce() {
        Task waiting = task(TaskState.PENDING, "waiting for service db to be healthy");
        ClusterState before =
                ClusterState.empty().with(service("b", 2, null)).with(waiting).with(waiting.withId("t2"));
        Task first = task(TaskState.ASSIGNED, null);
        Task second = first.withId("t2");
        List<EventMessage> events = DockerEvents.of(
                before,
                before.with(first).with(second),
                List.<Change>of(new Change.Put(first), new Change.Put(second)),
                T);

        assertThat(events).singleElement().satisfies(event -> assertThat(event.action())
                .isEqualTo("dependencies_met"));
    }

    private static Task task(TaskState state, @Nullable String err) {
        return TaskBuilder.builder()
                .id("t1")
                .version(new ObjectVersion(1))
                .createdAt(T)
                .updatedAt(T)
                .serviceId("s1")
                .slot(1L)
                .status(TaskStatusBuilder.builder().state(state).err(err).build())
                .desiredState(TaskState.RUNNING)
                .build();
    }

    @Test
    void aPreemptedTaskIsToldOfItsServiceWithTheReason() {
        Task running = TaskBuilder.builder()
                .id("t1")
                .version(new ObjectVersion(1))
                .createdAt(T)
                .updatedAt(T)
                .serviceId("s1")
                .nodeId("n1")
                .status(new TaskStatus(T, TaskState.RUNNING, "started", null, null, null))
                .desiredState(TaskState.RUNNING)
                .build();
        Task preempted = running.withDesiredState(TaskState.SHUTDOWN)
                .withLabels(Map.of(
                        PlacementLabels.PREEMPTED_BY,
                        "t2",
                        PlacementLabels.PREEMPTED_REASON,
                        "preempted by service x"));
        EventMessage event = update(running, preempted);

        assertThat(event.type() + " " + event.action()).isEqualTo("service preempt");
        assertThat(Objects.requireNonNull(event.actor()).attributes())
                .containsEntry("task", "t1")
                .containsEntry("node", "n1")
                .containsEntry("reason", "preempted by service x");
        Task stopped = preempted.withStatus(running.status().withState(TaskState.SHUTDOWN));
        ClusterState before = ClusterState.empty().with(preempted);
        assertThat(DockerEvents.of(before, before.with(stopped), List.<Change>of(new Change.Put(stopped)), T))
                .isEmpty();
    }

    private static Map<String, String> attributes(StoreObject old, StoreObject now) {
        return Objects.requireNonNull(update(old, now).actor()).attributes();
    }

    private static EventMessage update(StoreObject old, StoreObject now) {
        ClusterState before = ClusterState.empty().with(old);
        List<EventMessage> events = DockerEvents.of(before, before.with(now), List.<Change>of(new Change.Put(now)), T);
        assertThat(events).hasSize(1);
        return events.getFirst();
    }

    private static Service service(String image, long replicas, UpdateStatus.@Nullable State state) {
        return ServiceBuilder.builder()
                .id("s1")
                .version(new ObjectVersion(1))
                .createdAt(T)
                .updatedAt(T)
                .spec(ServiceSpecBuilder.builder()
                        .name("ev")
                        .mode(new ServiceMode(new ServiceMode.Replicated(replicas), null, null, null))
                        .taskTemplate(TaskSpecBuilder.builder()
                                .containerSpec(ContainerSpecBuilder.builder()
                                        .image(image)
                                        .build())
                                .build())
                        .build())
                .specVersion(1)
                .updateStatus(state == null ? null : new UpdateStatus(state, T, null, null))
                .build();
    }

    private static Node node(NodeSpec.Availability availability, NodeState state) {
        return new Node(
                "n1",
                new ObjectVersion(1),
                T,
                T,
                new NodeSpec("zz", Map.of(), NodeSpec.Role.MANAGER, availability),
                null,
                new NodeStatus(state, null, null),
                null,
                "h:1",
                null);
    }
}
