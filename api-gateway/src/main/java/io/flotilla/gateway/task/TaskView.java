package io.flotilla.gateway.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.PlacementBuilder;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import io.flotilla.gateway.view.TaskNames;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Tasks as clients see them, and which of them a list shows. */
final class TaskView {
    static final Set<String> FILTERS =
            Set.of("desired-state", "id", "label", "name", "node", "service", "runtime", "_up-to-date");

    private TaskView() {}

    static ObjectNode render(Task task, ClusterImage image) {
        TaskSpec spec = image.specOf(task);
        ObjectNode json = Codec.JSON.mapper().valueToTree(spec == null ? task : task.withSpec(spec));
        json.remove(List.of("SpecVersion", "Name"));
        json.withObjectProperty("Labels");
        json.withObjectProperty("Status").withObjectProperty("PortStatus");
        return json;
    }

    /** @param self the node that "self" stands for */
    static List<Task> select(ClusterImage image, Filters filters, String self) {
        var _ = filters.requireOneOf("desired-state", Set.of("running", "shutdown", "accepted"));
        Set<String> services = new HashSet<>();
        filters.each("service", name -> services.add(Lookup.service(image, name).id()));
        Set<String> nodes = new HashSet<>();
        filters.each("node", name -> nodes.add(Lookup.node(image, name, self).id()));
        boolean upToDate = filters.flag("_up-to-date", false);
        return candidates(image, services).stream()
                .filter(task -> nodes.isEmpty() || nodes.contains(Objects.requireNonNullElse(task.nodeId(), "")))
                .filter(task -> !upToDate || isUpToDate(task, image))
                .filter(task -> includes(task, image, filters))
                .sorted(Comparator.comparing(Task::id))
                .toList();
    }

    private static Collection<Task> candidates(ClusterImage image, Set<String> services) {
        return services.isEmpty()
                ? image.tasks()
                : services.stream()
                        .flatMap(service -> image.tasksOf(service).stream())
                        .toList();
    }

    private static boolean includes(Task task, ClusterImage image, Filters filters) {
        Map<String, String> labels = image.service(task.serviceId())
                .map(service -> service.spec().labels())
                .orElse(Map.of());
        return filters.fuzzyMatch("id", task.id())
                && filters.fuzzyMatch("name", TaskNames.of(image, task))
                && filters.exactMatch(
                        "desired-state", task.desiredState().name().toLowerCase(Locale.ROOT))
                && filters.labelsMatch("label", labels)
                && filters.exactMatch("runtime", "container");
    }

    /**
     * Made from what the service asks for now. After a rollback that is also true of tasks from before the update: the
     * managers keep them, and a client that waits for the service to converge counts them. So it is of tasks whose
     * placement constraints alone differ, which the managers keep where their node meets the new ones.
     */
    private static boolean isUpToDate(Task task, ClusterImage image) {
        Service service = image.service(task.serviceId()).orElse(null);
        if (service == null || task.specVersion() == null) {
            return false;
        }
        if (task.specVersion().equals(service.specVersion())) {
            return true;
        }
        SpecRevision made = image.revision(service.id(), task.specVersion()).orElse(null);
        SpecRevision wanted =
                image.revision(service.id(), service.specVersion()).orElse(null);
        return made != null
                && wanted != null
                && Objects.equals(made.endpointSpec(), wanted.endpointSpec())
                && withoutConstraints(made.spec()).equals(withoutConstraints(wanted.spec()));
    }

    private static TaskSpec withoutConstraints(TaskSpec spec) {
        Placement placement = spec.placement();
        return spec.withPlacement(
                placement == null ? PlacementBuilder.builder().build() : placement.withConstraints(List.of()));
    }
}
