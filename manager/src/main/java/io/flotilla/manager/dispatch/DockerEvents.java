package io.flotilla.manager.dispatch;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bus.schema.ClusterVolume;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.CronStatus;
import io.flotilla.bus.schema.EventActor;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.ScaleDecision;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.manager.orchestrator.rebalance.Rebalancer;
import io.flotilla.manager.scheduler.Dependency;
import io.flotilla.manager.scheduler.PlacementLabels;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The events dockerd's cluster and image parts emit (daemon/events.go), from what a batch changed. */
final class DockerEvents {
    private final ClusterState before;
    private final ClusterState after;
    private final Instant time;
    private final List<EventMessage> events = new ArrayList<>();
    /** Services that were told of already: all their tasks are let go at once. */
    private final Set<String> released = new HashSet<>();

    private DockerEvents(ClusterState before, ClusterState after, Instant time) {
        this.before = before;
        this.after = after;
        this.time = time;
    }

    static List<EventMessage> of(ClusterState before, ClusterState after, List<Change> changes, Instant time) {
        DockerEvents events = new DockerEvents(before, after, time);
        changes.forEach(events::add);
        return events.events;
    }

    private void add(Change change) {
        String id = change.id();
        switch (change.kind()) {
            case SERVICE ->
                service(before.service(id).orElse(null), after.service(id).orElse(null));
            case TASK -> {
                task(before.task(id).orElse(null), after.task(id).orElse(null));
                preempted(before.task(id).orElse(null), after.task(id).orElse(null));
            }
            case NODE -> node(before.node(id).orElse(null), after.node(id).orElse(null));
            case NETWORK ->
                network(before.network(id).orElse(null), after.network(id).orElse(null));
            case SECRET, CONFIG -> value(before.find(change.kind(), id), after.find(change.kind(), id));
            case SWARM_VOLUME ->
                volume(
                        before.swarmVolume(id).orElse(null),
                        after.swarmVolume(id).orElse(null));
            case IMAGE -> image(before.image(id).orElse(null), after.image(id).orElse(null));
            default -> {}
        }
    }

    /** Docker tells nothing of tasks; that one had to make room is told of its service. */
    private void preempted(@Nullable Task old, @Nullable Task now) {
        String reason = now == null ? null : now.labels().get(PlacementLabels.PREEMPTED_REASON);
        if (now == null
                || reason == null
                || old == null
                || reason.equals(old.labels().get(PlacementLabels.PREEMPTED_REASON))) {
            return;
        }
        String serviceId = Objects.requireNonNullElse(now.serviceId(), "");
        Map<String, String> attributes = attributes(
                "name",
                after.service(serviceId).map(service -> service.spec().name()).orElse(null));
        put(attributes, "task", now.id());
        put(attributes, "node", now.nodeId());
        put(attributes, "reason", reason);
        emit("service", "preempt", serviceId, attributes, "swarm");
    }

    private void service(@Nullable Service old, @Nullable Service now) {
        if (old == null && now != null) {
            emit("service", "create", now.id(), attributes("name", now.spec().name()), "swarm");
        } else if (old != null && now == null) {
            emit("service", "remove", old.id(), attributes("name", old.spec().name()), "swarm");
        } else if (old != null
                && now != null
                && !(old.spec().equals(now.spec()) && Objects.equals(updateState(old), updateState(now)))) {
            Map<String, String> attributes = attributes("name", now.spec().name());
            compare(attributes, "image", imageOf(old.spec()), imageOf(now.spec()));
            compare(attributes, "replicas", replicasOf(old.spec()), replicasOf(now.spec()));
            compare(attributes, "updatestate", updateState(old), updateState(now));
            emit("service", "update", now.id(), attributes, "swarm");
            scaled(old, now);
        }
        if (now != null) {
            cron(old == null ? null : old.cronStatus(), now);
        }
    }

    /** Flotilla's own: the figures of a decision that gave the service other replicas. */
    private void scaled(Service old, Service now) {
        ScaleDecision decision = now.scaleDecision();
        if (decision != null && !decision.equals(old.scaleDecision())) {
            Map<String, String> attributes = attributes("name", now.spec().name());
            attributes.put("replicas.new", String.valueOf(decision.toReplicas()));
            attributes.put("replicas.old", String.valueOf(decision.fromReplicas()));
            attributes.put("reason", decision.reason());
            emit("service", "autoscale", now.id(), attributes, "swarm");
        }
    }

    /** Not of dockerd: what became of a time of a job's schedule. */
    private void cron(@Nullable CronStatus old, Service now) {
        CronStatus cron = now.cronStatus();
        boolean decided = cron != null
                && cron.lastDue() != null
                && (old == null || !cron.lastDue().equals(old.lastDue()) || cron.lastDecision() != old.lastDecision());
        if (cron == null || !decided) {
            return;
        }
        Map<String, String> attributes = attributes("name", now.spec().name());
        put(attributes, "decision", lower(cron.lastDecision()));
        put(attributes, "due", String.valueOf(cron.lastDue()));
        put(attributes, "next", cron.next() == null ? null : cron.next().toString());
        emit("service", "cron", now.id(), attributes, "swarm");
    }

    /** Flotilla's own: a task is moved, the first tasks of a service need wait for others no more. */
    private void task(@Nullable Task old, @Nullable Task now) {
        Service service = now == null || now.serviceId() == null
                ? null
                : after.service(now.serviceId()).orElse(null);
        if (now == null || service == null) {
            return;
        }
        Map<String, String> attributes = attributes("name", service.spec().name());
        String reason = now.labels().get(Rebalancer.REASON);
        if (old == null && reason != null) {
            attributes.put("task", now.id());
            attributes.put("reason", reason);
            emit("service", "rebalance", service.id(), attributes, "swarm");
        }
        String waited = old == null ? null : old.status().err();
        boolean held = waited != null && waited.startsWith(Dependency.WAITING);
        if (held && now.state().compareTo(TaskState.ASSIGNED) >= 0 && released.add(service.id())) {
            attributes.put("reason", "no longer " + waited);
            emit("service", "dependencies_met", service.id(), attributes, "swarm");
        }
    }

    private void node(@Nullable Node old, @Nullable Node now) {
        if (old == null && now != null) {
            emit("node", "create", now.id(), attributes("name", nameOf(now)), "swarm");
        } else if (old != null && now == null) {
            emit("node", "remove", old.id(), attributes("name", nameOf(old)), "swarm");
        } else if (old != null && now != null) {
            boolean same = old.spec().equals(now.spec())
                    && Objects.equals(stateOf(old), stateOf(now))
                    && Objects.equals(old.managerStatus(), now.managerStatus());
            if (same) {
                return;
            }
            Map<String, String> attributes = attributes("name", nameOf(now));
            compare(
                    attributes,
                    "availability",
                    lower(old.spec().availability()),
                    lower(now.spec().availability()));
            compare(attributes, "role", lower(roleOf(old)), lower(roleOf(now)));
            compare(attributes, "state", stateOf(old), stateOf(now));
            compare(attributes, "leader", leads(old), leads(now));
            emit("node", "update", now.id(), attributes, "swarm");
        }
    }

    private void network(@Nullable Network old, @Nullable Network now) {
        Network either = now == null ? old : now;
        // the predefined ones have always been there
        if (either == null || !"swarm".equals(either.scope()) || old != null && now != null) {
            return;
        }
        Map<String, String> attributes = attributes("name", either.name());
        put(attributes, "type", either.driver());
        emit("network", now == null ? "remove" : "create", either.id(), attributes, "swarm");
    }

    private void value(@Nullable StoreObject old, @Nullable StoreObject now) {
        if (!((now == null ? old : now) instanceof StoredValue either)) {
            return;
        }
        String action = old == null ? "create" : now == null ? "remove" : "update";
        emit(either.kind().jsonName(), action, either.id(), attributes("name", either.name()), "swarm");
    }

    /** Not of dockerd, which tells nothing of cluster volumes: in the form of its other swarm objects. */
    private void volume(@Nullable SwarmVolume old, @Nullable SwarmVolume now) {
        SwarmVolume either = now == null ? old : now;
        if (either == null) {
            return;
        }
        Map<String, String> attributes = attributes("name", either.name());
        attributes.put("driver", either.driver());
        if (old == null || now == null) {
            emit("volume", old == null ? "create" : "remove", either.id(), attributes, "swarm");
            return;
        }
        compare(
                attributes,
                "availability",
                lower(old.spec().availability()),
                lower(now.spec().availability()));
        compare(attributes, "state", made(old), made(now));
        compare(attributes, "nodes", nodesOf(old), nodesOf(now));
        if (attributes.size() > 2) {
            emit("volume", "update", now.id(), attributes, "swarm");
        }
    }

    private static String made(SwarmVolume volume) {
        return Boolean.TRUE.equals(volume.pendingDelete())
                ? "pending-delete"
                : volume.info() == null ? "pending-creation" : "created";
    }

    /** Where it can be mounted. */
    private static String nodesOf(SwarmVolume volume) {
        return volume.publications().stream()
                .filter(publication -> publication.state() == ClusterVolume.PublishState.PUBLISHED)
                .map(SwarmVolume.Publication::nodeId)
                .sorted()
                .collect(Collectors.joining(","));
    }

    private void image(@Nullable Image old, @Nullable Image now) {
        Image was = old == null || Boolean.TRUE.equals(old.removed()) ? null : old;
        Image is = now == null || Boolean.TRUE.equals(now.removed()) ? null : now;
        if (was == null) {
            // the node tells how it came: load, pull, import
            return;
        }
        List<String> tags = is == null ? List.of() : is.repoTags();
        for (String tag : was.repoTags()) {
            // a name that moved to another image is told there
            if (!tags.contains(tag) && after.imageTagged(tag).isEmpty()) {
                imageEvent("untag", was, was.id());
            }
        }
        for (String tag : tags) {
            if (!was.repoTags().contains(tag)) {
                imageEvent("tag", was, tag);
            }
        }
        if (is == null) {
            imageEvent("delete", was, was.id());
        }
    }

    private void imageEvent(String action, Image image, String name) {
        Map<String, String> attributes = new LinkedHashMap<>();
        JsonNode labels = image.config().path("config").path("Labels");
        labels.properties()
                .forEach(
                        label -> attributes.put(label.getKey(), label.getValue().asText()));
        attributes.put("name", name);
        emit("image", action, image.id(), attributes, "local");
    }

    private void emit(String type, String action, String id, Map<String, String> attributes, String scope) {
        long nanos = Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
        events.add(new EventMessage(type, action, new EventActor(id, attributes), scope, time.getEpochSecond(), nanos));
    }

    private static Map<String, String> attributes(String key, @Nullable String value) {
        Map<String, String> attributes = new LinkedHashMap<>();
        attributes.put(key, Objects.requireNonNullElse(value, ""));
        return attributes;
    }

    private static void compare(
            Map<String, String> attributes, String what, @Nullable String old, @Nullable String now) {
        if (!Objects.equals(old, now)) {
            put(attributes, what + ".new", now);
            put(attributes, what + ".old", old);
        }
    }

    private static void put(Map<String, String> attributes, String key, @Nullable String value) {
        if (value != null) {
            attributes.put(key, value);
        }
    }

    private static @Nullable String imageOf(ServiceSpec spec) {
        ContainerSpec container =
                spec.taskTemplate() == null ? null : spec.taskTemplate().containerSpec();
        return container == null ? null : container.image();
    }

    private static @Nullable String replicasOf(ServiceSpec spec) {
        ServiceMode.Replicated replicated =
                spec.mode() == null ? null : spec.mode().replicated();
        return replicated == null || replicated.replicas() == null ? null : String.valueOf(replicated.replicas());
    }

    private static @Nullable String updateState(Service service) {
        UpdateStatus status = service.updateStatus();
        return status == null ? null : lower(status.state());
    }

    private static @Nullable String stateOf(Node node) {
        NodeState state = node.status() == null ? null : node.status().state();
        return lower(state);
    }

    private static NodeSpec.@Nullable Role roleOf(Node node) {
        return node.spec().role();
    }

    private static @Nullable String leads(Node node) {
        return node.managerStatus() == null
                ? null
                : String.valueOf(Boolean.TRUE.equals(node.managerStatus().leader()));
    }

    private static @Nullable String nameOf(Node node) {
        NodeDescription description = node.description();
        String given = node.spec().name();
        return given != null && !given.isEmpty() ? given : description == null ? null : description.hostname();
    }

    private static @Nullable String lower(@Nullable Enum<?> value) {
        return value == null ? null : value.name().toLowerCase(Locale.ROOT);
    }
}
