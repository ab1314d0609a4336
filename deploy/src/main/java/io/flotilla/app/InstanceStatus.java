package io.flotilla.app;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.Task;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.manager.Manager;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How this instance is: what `./flotilla status` shows. Any thread. */
@Singleton
class InstanceStatus {
    private final Gateway gateway;
    private volatile @Nullable Running running;

    private record Running(Options options, Identity identity, Roles roles) {}

    @Inject
    InstanceStatus(Gateway gateway) {
        this.gateway = gateway;
    }

    /** From now on this process has these roles. */
    void of(Options options, Identity identity, Roles roles) {
        running = new Running(options, identity, roles);
    }

    /**
     * @param leader the leading manager's node, or why there is none
     * @param broker Kafka bootstrap servers
     * @param tasks count by state
     */
    record Report(
            String version,
            String roles,
            String nodeId,
            String nodeName,
            String swarm,
            String leader,
            String broker,
            Map<String, Long> tasks,
            String trouble) {}

    /** Empty until the roles have started. */
    Optional<Report> report() {
        Running now = running;
        if (now == null) {
            return Optional.empty();
        }
        Optional<ClusterImage> image = now.options().roles().contains(Role.GATEWAY) && gateway.ready()
                ? Optional.of(gateway.image())
                : Optional.empty();
        String roles =
                now.options().roles().stream().sorted().map(Role::optionName).collect(Collectors.joining(", "));
        return Optional.of(new Report(
                Version.CURRENT,
                roles,
                now.identity().nodeId(),
                image.flatMap(i -> i.node(now.identity().nodeId()))
                        .map(InstanceStatus::nameOf)
                        .orElse("not registered"),
                image.flatMap(ClusterImage::cluster).isPresent() ? "active" : "inactive",
                leader(now, image),
                "127.0.0.1:" + now.identity().brokerPort(),
                image.map(InstanceStatus::tasksByState).orElseGet(Map::of),
                trouble()));
    }

    /** How far the cluster is by the manager of this process, 0 where there is none; empty while no manager leads. */
    OptionalLong ledIndex() {
        Running now = running;
        if (now == null) {
            return OptionalLong.empty();
        }
        Optional<Manager.Status> manager = now.roles().manager().map(Manager::status);
        return manager.isPresent() && !manager.get().leader()
                ? OptionalLong.empty()
                : OptionalLong.of(manager.map(Manager.Status::changedIndex).orElse(0L));
    }

    /** Where this process is a worker, the image has its node as ready. */
    boolean isServed(ClusterImage image, String nodeId) {
        Running now = running;
        return now != null
                && (!now.options().roles().contains(Role.WORKER)
                        || image.node(nodeId)
                                .map(Node::status)
                                .map(s -> s.state() == NodeState.READY)
                                .orElse(false));
    }

    /** What keeps this instance from working, in words; empty when nothing does. */
    String trouble() {
        Running now = running;
        return now == null
                ? "the roles have not started"
                : now.roles()
                        .manager()
                        .map(Manager::status)
                        .map(Manager.Status::trouble)
                        .orElse("");
    }

    private static String leader(Running now, Optional<ClusterImage> image) {
        return now.roles()
                .manager()
                .map(m -> m.status().leaderId())
                .map(id -> image.flatMap(i -> i.node(id))
                        .map(InstanceStatus::nameOf)
                        .orElse(id))
                .orElse("none known");
    }

    private static String nameOf(Node node) {
        String given = node.spec().name();
        String hostname = node.description() == null ? null : node.description().hostname();
        return given != null && !given.isEmpty() ? given : hostname == null ? node.id() : hostname;
    }

    private static Map<String, Long> tasksByState(ClusterImage image) {
        return image.tasks().stream()
                .collect(Collectors.groupingBy(
                        (Task task) -> task.state().name().toLowerCase(Locale.ROOT),
                        TreeMap::new,
                        Collectors.counting()));
    }
}
