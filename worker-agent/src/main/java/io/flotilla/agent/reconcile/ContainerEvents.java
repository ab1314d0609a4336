package io.flotilla.agent.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.NodeIdentity;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.bus.schema.EventActor;
import io.flotilla.bus.schema.EventMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Docker's event messages of what happens on this node. Pure. */
final class ContainerEvents {
    private final NodeIdentity node;

    ContainerEvents(NodeIdentity node) {
        this.node = node;
    }

    /** @param action create, start, kill, die, stop, destroy ... @param more attributes of this action alone */
    EventMessage container(String action, ContainerRecord container, Map<String, String> more, Instant at) {
        Map<String, String> attributes = new TreeMap<>(container.config().labels());
        attributes.put("image", Objects.requireNonNullElse(container.config().image(), ""));
        attributes.put("name", container.name());
        attributes.put("node.id", node.id());
        attributes.put("node.name", node.hostname());
        attributes.putAll(more);
        return message("container", action, container.id(), attributes, at);
    }

    /** @param action connect or disconnect */
    EventMessage network(String action, ContainerRecord container, Instant at) {
        Map<String, String> attributes = new TreeMap<>();
        attributes.put("container", container.id());
        attributes.put("name", container.network().networkName());
        attributes.put("type", container.network().networkName());
        return message("network", action, container.network().networkName(), attributes, at);
    }

    /** @param actor the image's ID or reference @param config the image's, the labels of which go along */
    EventMessage image(String action, String actor, String name, ObjectNode config, Instant at) {
        Map<String, String> attributes = new TreeMap<>();
        config.path("config")
                .path("Labels")
                .properties()
                .forEach(
                        label -> attributes.put(label.getKey(), label.getValue().asText()));
        attributes.put("name", name);
        return message("image", action, actor, attributes, at);
    }

    static Map<String, String> ofExit(ContainerRecord container, Exit exit) {
        Instant started = Objects.requireNonNullElse(container.startedAt(), exit.finishedAt());
        long seconds = Math.max(0, Duration.between(started, exit.finishedAt()).toSeconds());
        return Map.of("exitCode", Integer.toString(exit.exitCode()), "execDuration", Long.toString(seconds));
    }

    private static EventMessage message(
            String type, String action, String actorId, Map<String, String> attributes, Instant at) {
        return new EventMessage(
                type,
                action,
                new EventActor(actorId, attributes),
                "local",
                at.getEpochSecond(),
                at.getEpochSecond() * 1_000_000_000L + at.getNano());
    }
}
