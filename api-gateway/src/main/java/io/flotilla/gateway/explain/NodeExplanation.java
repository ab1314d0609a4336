package io.flotilla.gateway.explain;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.TaskNames;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** Whether a node takes part, why not, and what is on it. */
final class NodeExplanation {
    private static final int MAX_NAMES = 20;

    private final Node node;
    private final List<Task> tasks;
    private final List<Container> containers;
    private final ClusterImage image;
    private final Explanation.Draft draft = new Explanation.Draft();

    private NodeExplanation(ClusterImage image, Node node) {
        this.image = image;
        this.node = node;
        this.tasks = image.tasks().stream()
                .filter(task -> node.id().equals(task.nodeId()))
                .filter(task -> task.state().compareTo(TaskState.RUNNING) <= 0)
                .sorted(Comparator.comparing(task -> TaskNames.of(image, task)))
                .toList();
        this.containers = image.containers().stream()
                .filter(container -> node.id().equals(container.nodeId()) && container.taskId() == null)
                .toList();
    }

    static Explanation of(ClusterImage image, Node node) {
        NodeExplanation explanation = new NodeExplanation(image, node);
        explanation.write();
        return explanation.draft.of("node", node.id(), Phrases.name(node));
    }

    private void write() {
        NodeSpec.Availability availability =
                Objects.requireNonNullElse(node.spec().availability(), NodeSpec.Availability.ACTIVE);
        draft.wanted(
                switch (availability) {
                    case ACTIVE -> "takes tasks";
                    case PAUSE -> "keeps its tasks and takes no new ones";
                    case DRAIN -> "is free of tasks";
                });
        NodeState state =
                Optional.ofNullable(node.status()).map(NodeStatus::state).orElse(NodeState.UNKNOWN);
        draft.seen(Phrases.lower(state) + ", " + Phrases.count(tasks.size(), "task") + " and "
                + Phrases.count(containers.size(), "container") + " of no service");
        availability(availability);
        state(state);
        load();
        draft.happened(node.createdAt(), "joined");
        draft.happened(node.updatedAt(), "last change: " + Phrases.lower(state) + ", " + Phrases.lower(availability));
    }

    private void availability(NodeSpec.Availability availability) {
        String activate =
                "docker node update --availability active " + Phrases.name(node) + " lets it take tasks again";
        if (availability == NodeSpec.Availability.PAUSE) {
            draft.detail("paused by its availability");
            draft.next(activate);
        } else if (availability == NodeSpec.Availability.DRAIN) {
            draft.detail("drained by its availability");
            if (!tasks.isEmpty()) {
                draft.reason(Phrases.count(tasks.size(), "task") + " not stopped yet: " + names());
                draft.next("they stop within their stop grace periods; those of replicated services run elsewhere");
            }
            if (!containers.isEmpty()) {
                draft.detail("containers of no service stay: they never move");
            }
            draft.next(activate);
        }
    }

    private void state(NodeState state) {
        NodeStatus status = node.status();
        String message = status == null ? "" : Objects.requireNonNullElse(status.message(), "");
        if (state != NodeState.READY) {
            draft.reason(Phrases.lower(state) + " since " + Phrases.at(node.updatedAt())
                    + (message.isEmpty() ? ": nothing is heard of it" : ": " + message));
            draft.next("its replicated tasks run elsewhere; when it comes back it keeps what still fits");
            draft.next("start Flotilla on it again, or remove it: docker node rm --force " + Phrases.name(node));
        } else if (!message.isEmpty()) {
            draft.reason(message);
        }
    }

    private void load() {
        if (!tasks.isEmpty()) {
            draft.detail("tasks: " + Phrases.states(tasks) + ": " + names());
        }
        Optional<ResourceObject> has = Optional.ofNullable(node.description()).map(NodeDescription::resources);
        if (has.isPresent()) {
            long cpus = sum(ResourceObject::nanoCpus);
            long memory = sum(ResourceObject::memoryBytes);
            draft.detail("reserved: " + Phrases.cpus(cpus) + " of "
                    + Phrases.cpus(Objects.requireNonNullElse(has.get().nanoCpus(), 0L)) + " CPUs, "
                    + Phrases.bytes(memory) + " of "
                    + Phrases.bytes(Objects.requireNonNullElse(has.get().memoryBytes(), 0L)) + " memory");
        }
        if (!node.spec().labels().isEmpty()) {
            draft.detail("labels: "
                    + node.spec().labels().entrySet().stream()
                            .map(label -> label.getKey() + "=" + label.getValue())
                            .sorted()
                            .collect(Collectors.joining(", ")));
        }
    }

    private long sum(java.util.function.Function<ResourceObject, Long> amount) {
        return tasks.stream()
                .map(image::specOf)
                .filter(Objects::nonNull)
                .map(TaskSpec::resources)
                .filter(Objects::nonNull)
                .map(ResourceRequirements::reservations)
                .filter(Objects::nonNull)
                .map(amount)
                .filter(Objects::nonNull)
                .mapToLong(Long::longValue)
                .sum();
    }

    private String names() {
        String first = tasks.stream()
                .limit(MAX_NAMES)
                .map(task -> TaskNames.instance(image, task))
                .collect(Collectors.joining(", "));
        return tasks.size() > MAX_NAMES ? first + " and " + (tasks.size() - MAX_NAMES) + " more" : first;
    }
}
