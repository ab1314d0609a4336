package io.flotilla.gateway.system;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Commit;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.IndexInfo;
import io.flotilla.bus.schema.RegistryServiceConfig;
import io.flotilla.bus.schema.SystemInfo;
import io.flotilla.bus.schema.SystemInfoBuilder;
import io.flotilla.gateway.GatewayConfig;
import io.flotilla.gateway.view.ClusterImage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** GET /info: what the node says of itself, and what the gateway sees of the cluster. */
final class InfoView {
    /** Docker Hub's, by which clients keep its credentials. */
    private static final String HUB = "https://index.docker.io/v1/";
    /** containerd, runc and a separate init are not there. */
    private static final Commit NONE = new Commit("");

    private InfoView() {}

    /** In place of a node that does not answer. */
    static SystemInfo silentNode(String why) {
        return SystemInfoBuilder.builder().warnings(List.of("WARNING: " + why)).build();
    }

    static ObjectNode of(SystemInfo node, ClusterImage image, GatewayConfig config, int eventListeners, Instant now) {
        SystemInfo whole = SystemInfoBuilder.builder(node)
                .id(Objects.requireNonNullElse(node.id(), config.nodeId()))
                .containers((long) image.containers().size())
                .containersRunning(count(image, "running"))
                .containersPaused(count(image, "paused"))
                .containersStopped(image.containers().size() - count(image, "running") - count(image, "paused"))
                .images(image.images().stream().filter(InfoView::present).count())
                .nEventsListener((long) eventListeners)
                .systemTime(now.toString())
                .serverVersion(config.version())
                .experimentalBuild(false)
                .liveRestoreEnabled(true)
                .osType("linux")
                .indexServerAddress(HUB)
                .registryConfig(registries(node.registryConfig()))
                .httpProxy(Objects.requireNonNullElse(node.httpProxy(), ""))
                .httpsProxy(Objects.requireNonNullElse(node.httpsProxy(), ""))
                .noProxy(Objects.requireNonNullElse(node.noProxy(), ""))
                .containerdCommit(NONE)
                .runcCommit(NONE)
                .initCommit(NONE)
                .swarm(SwarmStatus.of(image, config.nodeId()))
                .build();
        ObjectNode info = Codec.JSON.mapper().valueToTree(whole);
        image.cluster().ifPresent(cluster -> {
            ObjectNode json = Codec.JSON.mapper().valueToTree(cluster);
            json.remove("JoinTokens");
            ((ObjectNode) info.path("Swarm")).set("Cluster", json);
        });
        return info;
    }

    private static RegistryServiceConfig registries(@Nullable RegistryServiceConfig node) {
        return node == null
                ? new RegistryServiceConfig(
                        List.of("127.0.0.0/8"),
                        Map.of("docker.io", new IndexInfo("docker.io", List.of(), true, true)),
                        List.of())
                : node;
    }

    private static boolean present(Image image) {
        return !Boolean.TRUE.equals(image.removed());
    }

    private static long count(ClusterImage image, String status) {
        return image.containers().stream()
                .map(Container::inspect)
                .filter(inspect -> inspect.state() instanceof ContainerState state && status.equals(state.status()))
                .count();
    }
}
