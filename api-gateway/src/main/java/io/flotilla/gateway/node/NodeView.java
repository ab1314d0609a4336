package io.flotilla.gateway.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.view.Lookup;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Nodes as clients see them, and which of them a list shows. */
final class NodeView {
    static final Set<String> FILTERS = Set.of("id", "label", "membership", "name", "node.label", "role");

    private NodeView() {}

    static ObjectNode render(Node node) {
        ObjectNode json = Codec.JSON.mapper().valueToTree(node);
        json.remove(List.of("AgentAddress", "SealKey"));
        json.path("Description").path("CSIInfo").forEach(plugin -> ((ObjectNode) plugin).remove("Controller"));
        if (json.path("Spec") instanceof ObjectNode spec && !spec.has("Labels")) {
            spec.putObject("Labels");
        }
        return json;
    }

    static List<Node> select(Collection<Node> nodes, Filters filters) {
        var _ = filters.requireOneOf("role", Set.of("manager", "worker"))
                .requireOneOf("membership", Set.of("accepted", "pending"));
        return nodes.stream()
                .filter(node -> includes(node, filters))
                .sorted(Comparator.comparing(Node::id))
                .toList();
    }

    // membership: every node there is was accepted
    private static boolean includes(Node node, Filters filters) {
        String role = String.valueOf(Objects.requireNonNullElse(node.spec().role(), NodeSpec.Role.WORKER))
                .toLowerCase(Locale.ROOT);
        return filters.fuzzyMatch("id", node.id())
                && filters.fuzzyMatch("name", Objects.requireNonNullElse(Lookup.hostname(node), ""))
                && filters.exactMatch("role", role)
                && filters.exactMatch("membership", "accepted")
                && filters.labelsMatch("label", engineLabels(node))
                && filters.labelsMatch("node.label", node.spec().labels());
    }

    private static Map<String, String> engineLabels(Node node) {
        NodeDescription description = node.description();
        return description == null || description.engine() == null
                ? Map.of()
                : description.engine().labels();
    }
}
