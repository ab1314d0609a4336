package io.flotilla.bench.micro;

import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.EngineDescription;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeBuilder;
import io.flotilla.bus.schema.NodeDescriptionBuilder;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeSpecBuilder;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.PlacementBuilder;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskBuilder;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.manager.state.ClusterState;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Clusters of any size with tasks that wait for a node, or have one. */
public final class Placements {
    static final Instant NOON = Instant.parse("2026-01-01T12:00:00.123456789Z");
    private static final int ZONES = 10;
    private static final int RACKS = 100;
    private static final int TASKS_OF_A_SERVICE = 100;

    /** What tasks ask for besides a tenth of a processor and 64 MiB. */
    public enum Wish {
        NOTHING,
        /** Nine of ten nodes. */
        CONSTRAINT,
        /** Over ten zones, and over racks within them. */
        SPREAD
    }

    private Placements() {}

    static ClusterState nodes(int count) {
        ClusterState state = ClusterState.empty();
        for (int i = 0; i < count; i++) {
            state = state.with(node(i));
        }
        return state;
    }

    /** @param different whether every task is of a service of its own, else a hundred are */
    static ClusterState waiting(ClusterState nodes, int tasks, boolean different, Wish wish) {
        int perService = different ? 1 : TASKS_OF_A_SERVICE;
        ClusterState state = nodes;
        for (int i = 0; i < tasks; i++) {
            String service = "service%017d".formatted(i / perService);
            if (i % perService == 0) {
                state = state.with(revision(service, wish));
            }
            state = state.with(task(i, service, null));
        }
        return state;
    }

    static Task task(int number, String service, @org.jspecify.annotations.Nullable String node) {
        TaskState state = node == null ? TaskState.PENDING : TaskState.RUNNING;
        return TaskBuilder.builder()
                .id("task%021d".formatted(number))
                .version(new ObjectVersion(number))
                .createdAt(NOON)
                .updatedAt(NOON)
                .serviceId(service)
                .specVersion(1L)
                .slot(1L + number)
                .nodeId(node)
                .status(new TaskStatus(
                        NOON, state, node == null ? "pending task scheduling" : "started", null, null, null))
                .desiredState(TaskState.RUNNING)
                .build();
    }

    private static SpecRevision revision(String service, Wish wish) {
        TaskSpec spec = TaskSpecBuilder.builder()
                .containerSpec(
                        ContainerSpecBuilder.builder().image("busybox:latest").build())
                .resources(new ResourceRequirements(
                        null, new ResourceObject(100_000_000L, 64L << 20, List.of()), null, null))
                .placement(placement(wish))
                .networks(List.of())
                .build();
        return new SpecRevision(
                SpecRevision.idOf(service, 1), new ObjectVersion(1), NOON, NOON, service, 1, spec, null, null);
    }

    private static Placement placement(Wish wish) {
        PlacementBuilder placement = PlacementBuilder.builder();
        return switch (wish) {
            case NOTHING -> placement.build();
            case CONSTRAINT ->
                placement.constraints(List.of("node.labels.zone!=zone0")).build();
            case SPREAD ->
                placement
                        .preferences(List.of(
                                new Placement.Preference(new Placement.Preference.Spread("node.labels.zone")),
                                new Placement.Preference(new Placement.Preference.Spread("node.labels.rack"))))
                        .build();
        };
    }

    private static Node node(int number) {
        return NodeBuilder.builder()
                .id("node%021d".formatted(number))
                .version(new ObjectVersion(number))
                .createdAt(NOON)
                .updatedAt(NOON)
                .spec(NodeSpecBuilder.builder()
                        .labels(Map.of("zone", "zone" + number % ZONES, "rack", "rack" + number % RACKS))
                        .role(NodeSpec.Role.WORKER)
                        .availability(NodeSpec.Availability.ACTIVE)
                        .build())
                .description(NodeDescriptionBuilder.builder()
                        .hostname("host" + number)
                        .platform(new Platform("x86_64", "linux"))
                        .resources(new ResourceObject(64_000_000_000L, 256L << 30, List.of()))
                        .engine(new EngineDescription("1", Map.of(), List.of()))
                        .build())
                .status(new NodeStatus(NodeState.READY, null, "10.1.0.7"))
                .build();
    }
}
