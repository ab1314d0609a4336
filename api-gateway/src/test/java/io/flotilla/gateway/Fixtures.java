package io.flotilla.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.ClusterBuilder;
import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ClusterVolumeSpec;
import io.flotilla.bus.schema.ClusterVolumeSpecAccessModeBuilder;
import io.flotilla.bus.schema.ClusterVolumeSpecBuilder;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerBuilder;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerInspectResponseBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.ContainerStateBuilder;
import io.flotilla.bus.schema.ContainerStatus;
import io.flotilla.bus.schema.EndpointSettingsBuilder;
import io.flotilla.bus.schema.EngineDescription;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.ImageBuilder;
import io.flotilla.bus.schema.ManagerStatus;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.NetworkBuilder;
import io.flotilla.bus.schema.NetworkSettingsBuilder;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeBuilder;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.PortBinding;
import io.flotilla.bus.schema.Reachability;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceBuilder;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.ServiceSpecBuilder;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.SpecRevisionBuilder;
import io.flotilla.bus.schema.SwarmSpecBuilder;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.SwarmVolumeBuilder;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskBuilder;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatusBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Objects as a small swarm has them. */
final class Fixtures {
    static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    static final String NODE = "nodeaaaaaaaaaaaaaaaaaaaaa";
    static final String SERVICE = "serviceaaaaaaaaaaaaaaaaaa";
    static final String IMAGE_ID = "sha256:" + "9289ca99".repeat(8);
    static final String BRIDGE = "645a7f00".repeat(8);

    private static final ObjectVersion ONE = new ObjectVersion(1);

    private Fixtures() {}

    static Cluster cluster() {
        return ClusterBuilder.builder()
                .id("clusteraaaaaaaaaaaaaaaaaa")
                .version(ONE)
                .createdAt(NOON)
                .updatedAt(NOON)
                .spec(SwarmSpecBuilder.builder().name("default").build())
                .defaultAddrPool(List.of("10.0.0.0/8"))
                .build();
    }

    static Node node() {
        return NodeBuilder.builder()
                .id(NODE)
                .version(ONE)
                .createdAt(NOON)
                .updatedAt(NOON)
                .spec(new NodeSpec(null, Map.of("zone", "a"), NodeSpec.Role.MANAGER, NodeSpec.Availability.ACTIVE))
                .description(new NodeDescription(
                        "web1",
                        new Platform("x86_64", "linux"),
                        new ResourceObject(2_000_000_000L, 1L << 30, List.of()),
                        new EngineDescription("0.1.0", Map.of(), List.of()),
                        null,
                        List.of()))
                .status(new NodeStatus(NodeState.READY, null, "10.0.0.1"))
                .managerStatus(new ManagerStatus(true, Reachability.REACHABLE, "10.0.0.1:2377"))
                .agentAddress("127.0.0.1:1")
                .build();
    }

    static ServiceSpec spec(String name, long replicas) {
        return ServiceSpecBuilder.builder()
                .name(name)
                .labels(Map.of())
                .taskTemplate(template())
                .mode(new ServiceMode(new ServiceMode.Replicated(replicas), null, null, null))
                .build();
    }

    private static TaskSpec template() {
        return TaskSpecBuilder.builder()
                .containerSpec(
                        ContainerSpecBuilder.builder().image("busybox:latest").build())
                .build();
    }

    static Service service(String id, String name, long replicas) {
        return ServiceBuilder.builder()
                .id(id)
                .version(ONE)
                .createdAt(NOON)
                .updatedAt(NOON)
                .spec(spec(name, replicas))
                .specVersion(1)
                .build();
    }

    static SpecRevision revision(String serviceId) {
        return SpecRevisionBuilder.builder()
                .id(SpecRevision.idOf(serviceId, 1))
                .version(ONE)
                .createdAt(NOON)
                .updatedAt(NOON)
                .serviceId(serviceId)
                .specVersion(1)
                .spec(template())
                .build();
    }

    static Task task(String id, String serviceId, long slot, TaskState state, String containerId) {
        return TaskBuilder.builder()
                .id(id)
                .version(ONE)
                .createdAt(NOON)
                .updatedAt(NOON)
                .specVersion(1L)
                .serviceId(serviceId)
                .slot(slot)
                .nodeId(NODE)
                .status(TaskStatusBuilder.builder()
                        .timestamp(NOON)
                        .state(state)
                        .message("started")
                        .containerStatus(new ContainerStatus(containerId, 42L, 0L))
                        .build())
                .desiredState(TaskState.RUNNING)
                .build();
    }

    static String containerId(int number) {
        return String.format("%08x", number).repeat(8);
    }

    static Container container(int number, String name, String status) {
        return ContainerBuilder.builder()
                .id(containerId(number))
                .version(ONE)
                .createdAt(NOON)
                .updatedAt(NOON)
                .nodeId(NODE)
                .taskId("task" + number)
                .serviceId(SERVICE)
                .inspect(ContainerInspectResponseBuilder.builder()
                        .id(containerId(number))
                        .created(NOON.plusSeconds(number))
                        .path("sh")
                        .args(List.of("-c", "sleep 1000"))
                        .name("/" + name)
                        .image(IMAGE_ID)
                        .state(state(status))
                        .config(ContainerConfigBuilder.builder()
                                .image("busybox:latest")
                                .labels(Map.of("com.docker.swarm.service.name", "web"))
                                .build())
                        .networkSettings(NetworkSettingsBuilder.builder()
                                .ports(Map.of("80/tcp", List.of(new PortBinding("0.0.0.0", "8080"))))
                                .networks(Map.of(
                                        "bridge",
                                        EndpointSettingsBuilder.builder()
                                                // a node knows no IDs of networks
                                                .networkId("")
                                                .endpointId("ee".repeat(32))
                                                .gateway("172.17.0.1")
                                                .ipAddress("172.17.0." + number)
                                                .ipPrefixLen(16L)
                                                .macAddress("02:42:ac:11:00:02")
                                                .build()))
                                .build())
                        .build())
                .build();
    }

    static ContainerState state(String status) {
        boolean running = status.equals("running");
        boolean exited = status.equals("exited");
        return ContainerStateBuilder.builder()
                .status(status)
                .running(running)
                .pid(running ? 42L : 0L)
                .exitCode(exited ? 3L : 0L)
                .startedAt("2026-01-01T12:00:00Z")
                .finishedAt(exited ? "2026-01-01T12:05:00Z" : "0001-01-01T00:00:00Z")
                .build();
    }

    /** One that belongs to no service. */
    static Container plain(int number, String name, String status) {
        return container(number, name, status).with(c -> c.taskId(null)
                .serviceId(null)
                .request(new ContainerRequest(
                        name,
                        ContainerConfigBuilder.builder().build(),
                        HostConfigBuilder.builder().build(),
                        Map.of(),
                        IMAGE_ID)));
    }

    /** As its plugin made it, on no node. */
    static SwarmVolume clusterVolume(String id, String name) {
        return SwarmVolumeBuilder.builder()
                .id(id)
                .version(ONE)
                .createdAt(NOON)
                .updatedAt(NOON)
                .name(name)
                .driver("csi.example.org")
                .spec(ClusterVolumeSpecBuilder.builder()
                        .availability(ClusterVolumeSpec.Availability.ACTIVE)
                        .accessMode(ClusterVolumeSpecAccessModeBuilder.builder()
                                .scope(ClusterVolumeSpec.Scope.SINGLE)
                                .sharing(ClusterVolumeSpec.Sharing.NONE)
                                .mountVolume(new ClusterVolumeSpec.MountVolume(null, List.of()))
                                .build())
                        .build())
                .info(new ClusterVolume.Info(1L << 30, Map.of(), "plugin-" + name, List.of()))
                .build();
    }

    static Network bridge() {
        return NetworkBuilder.builder()
                .id(BRIDGE)
                .version(ONE)
                .createdAt(NOON)
                .updatedAt(NOON)
                .name("bridge")
                .scope("local")
                .driver("bridge")
                .build();
    }

    static Image image() {
        return ImageBuilder.builder()
                .id(IMAGE_ID)
                .version(ONE)
                .createdAt(NOON)
                .updatedAt(NOON)
                .repoTags(List.of("busybox:latest", "localhost:5000/team/app:v1"))
                .config(json("""
                        {"created":"2024-01-01T00:07:00Z","architecture":"amd64","os":"linux",
                         "config":{"Cmd":["sh"],"Labels":{"stand-in":"yes"}},
                         "rootfs":{"type":"layers","diff_ids":["sha256:10d8"]},
                         "history":[{"created":"2024-01-01T00:00:00Z","created_by":"ADD rootfs"},
                                    {"created":"2024-01-01T00:07:00Z","created_by":"CMD [\\"sh\\"]","empty_layer":true}]}"""))
                .sizeBytes(1_982_952)
                .layerSizesBytes(List.of(1_982_952L))
                .nodeIds(List.of(NODE))
                .build();
    }

    static ObjectNode json(String text) {
        try {
            return (ObjectNode) Codec.JSON.mapper().readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
