package io.flotilla.manager.state;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.ClusterBuilder;
import io.flotilla.bus.schema.ClusterVolumeSpecBuilder;
import io.flotilla.bus.schema.Config;
import io.flotilla.bus.schema.ConfigBuilder;
import io.flotilla.bus.schema.ConfigSpecBuilder;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerBuilder;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerInspectResponseBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.ImageBuilder;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.NetworkBuilder;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeBuilder;
import io.flotilla.bus.schema.NodeSpecBuilder;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Secret;
import io.flotilla.bus.schema.SecretBuilder;
import io.flotilla.bus.schema.SecretSpecBuilder;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceBuilder;
import io.flotilla.bus.schema.ServiceSpecBuilder;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.SpecRevisionBuilder;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.SwarmSpecBuilder;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.SwarmVolumeBuilder;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskBuilder;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatusBuilder;
import io.flotilla.bus.schema.Volume;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Objects of every kind, with as little in them as a state needs. */
final class Samples {
    static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
    private static final ObjectVersion NEW = new ObjectVersion(0);

    private Samples() {}

    static ClusterState state(StoreObject... objects) {
        ClusterState state = ClusterState.empty();
        for (StoreObject object : objects) {
            state = state.with(object);
        }
        return state;
    }

    static Cluster cluster(String id) {
        return ClusterBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .spec(SwarmSpecBuilder.builder().build())
                .defaultAddrPool(List.of())
                .build();
    }

    static Node node(String id) {
        return NodeBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .spec(NodeSpecBuilder.builder().labels(Map.of()).build())
                .agentAddress(id + ":7946")
                .build();
    }

    static Service service(String id, String name) {
        return ServiceBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .spec(ServiceSpecBuilder.builder().name(name).build())
                .specVersion(1)
                .build();
    }

    static SpecRevision revision(String serviceId, long number) {
        return SpecRevisionBuilder.builder()
                .id(SpecRevision.idOf(serviceId, number))
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .serviceId(serviceId)
                .specVersion(number)
                .spec(TaskSpecBuilder.builder().build())
                .build();
    }

    /** Of no node yet. */
    static Task task(String id, String serviceId) {
        return TaskBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .serviceId(serviceId)
                .status(TaskStatusBuilder.builder().state(TaskState.NEW).build())
                .desiredState(TaskState.RUNNING)
                .build();
    }

    static Network network(String id) {
        return NetworkBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .name("name-of-" + id)
                .build();
    }

    static Image image(String id, String... tags) {
        return ImageBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .repoTags(List.of(tags))
                .config(JsonNodeFactory.instance.objectNode())
                .build();
    }

    /** Of no service. */
    static Container container(String id, String name, String nodeId) {
        return ContainerBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .nodeId(nodeId)
                .request(new ContainerRequest(
                        name,
                        ContainerConfigBuilder.builder().image("busybox").build(),
                        HostConfigBuilder.builder().build(),
                        Map.of(),
                        "sha256:1"))
                .inspect(ContainerInspectResponseBuilder.builder().id(id).build())
                .build();
    }

    static NodeVolume volume(String nodeId, String name) {
        Volume volume = new Volume(name, "local", "/v/" + name, T, null, Map.of(), "local", Map.of(), null, null);
        return new NodeVolume(NodeVolume.idOf(nodeId, name), NEW, T, T, nodeId, volume);
    }

    static SwarmVolume swarmVolume(String id, String name) {
        return SwarmVolumeBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .name(name)
                .driver("csi.example.org")
                .spec(ClusterVolumeSpecBuilder.builder().build())
                .build();
    }

    static Secret secret(String id, String name) {
        return SecretBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .spec(SecretSpecBuilder.builder().name(name).build())
                .valueVersion(1)
                .build();
    }

    static Config config(String id, String name) {
        return ConfigBuilder.builder()
                .id(id)
                .version(NEW)
                .createdAt(T)
                .updatedAt(T)
                .spec(ConfigSpecBuilder.builder().name(name).build())
                .valueVersion(1)
                .build();
    }
}
