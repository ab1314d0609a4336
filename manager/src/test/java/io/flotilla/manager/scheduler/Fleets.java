package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeBuilder;
import io.flotilla.bus.schema.NodeDescriptionBuilder;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeSpecBuilder;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatusBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Nodes and tasks for the tests of the scheduler's own books. */
final class Fleets {
    static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    static final long CPU = 1_000_000_000L;
    static final long GIB = 1L << 30;

    private Fleets() {}

    /** Ready, with four processors and 8 GiB. */
    static Node node(String id, Map<String, String> labels) {
        return NodeBuilder.builder()
                .id(id)
                .version(new ObjectVersion(0))
                .createdAt(NOW)
                .updatedAt(NOW)
                .spec(NodeSpecBuilder.builder()
                        .labels(labels)
                        .availability(NodeSpec.Availability.ACTIVE)
                        .build())
                .description(NodeDescriptionBuilder.builder()
                        .hostname(id)
                        .platform(new Platform("x86_64", "linux"))
                        .resources(new ResourceObject(4 * CPU, 8 * GIB, List.of()))
                        .build())
                .status(new NodeStatus(NodeState.READY, null, "10.1.0.7"))
                .build();
    }

    static NodeInfo info(Node node) {
        NodeInfo info = new NodeInfo(node.id());
        info.describe(node);
        return info;
    }

    /** What a task of a service takes that is to stay. */
    static Share share(String nodeId, String serviceId, Requirements needs) {
        return new Share(nodeId, serviceId, needs, List.of(), true, null);
    }

    /** Runs, and is to. */
    static Task task(String id, String serviceId, String nodeId) {
        return TaskBuilder.builder()
                .id(id)
                .version(new ObjectVersion(0))
                .createdAt(NOW)
                .updatedAt(NOW)
                .serviceId(serviceId)
                .specVersion(1L)
                .nodeId(nodeId)
                .status(TaskStatusBuilder.builder()
                        .state(TaskState.RUNNING)
                        .timestamp(NOW)
                        .build())
                .desiredState(TaskState.RUNNING)
                .build();
    }
}
