package io.flotilla.gateway.volume;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.VolumeCreate;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The node a new volume is made on: the one the client speaks to, unless classic Swarm's label of constraints names another:
 * {@code ["node==web1"]} or {@code ["node.labels.disk==ssd"]}.
 */
final class VolumePlacement {
    private static final String LABEL = "com.docker.swarm.constraints";
    private static final String NODE_LABEL = "node.labels.";

    private VolumePlacement() {}

    static Node choose(ClusterImage cluster, Optional<Node> self, VolumeCreate create) {
        List<Constraint> constraints = constraints(create.labels().getOrDefault(LABEL, ""));
        return Stream.concat(self.stream(), cluster.nodes().stream().sorted(Comparator.comparing(Node::id)))
                .filter(VolumePlacement::isReady)
                .filter(node -> constraints.stream().allMatch(constraint -> constraint.matches(node)))
                .findFirst()
                .orElseThrow(() -> ApiException.unavailable(
                        constraints.isEmpty()
                                ? "no node is there to make a volume"
                                : "no suitable node (constraints of the volume not satisfied on any that is ready)"));
    }

    private static boolean isReady(Node node) {
        return node.agentAddress() != null
                && node.status() != null
                && node.status().state() == NodeState.READY;
    }

    private static List<Constraint> constraints(String label) {
        if (label.isEmpty()) {
            return List.of();
        }
        try {
            String[] expressions = Codec.JSON.mapper().readValue(label, String[].class);
            if (expressions != null && !Arrays.asList(expressions).contains(null)) {
                return Arrays.stream(expressions).map(Constraint::parse).toList();
            }
        } catch (JsonProcessingException e) {
            throw new ApiException(400, "invalid label " + LABEL + ": " + e.getOriginalMessage(), e);
        }
        throw ApiException.invalid("invalid label " + LABEL + ": expected a JSON list of strings");
    }

    /** @param key node, or node.labels. and a label */
    private record Constraint(String key, boolean equal, String value) {
        static Constraint parse(String expression) {
            boolean equal = expression.contains("==");
            int at = expression.indexOf(equal ? "==" : "!=");
            String key = at < 0 ? "" : expression.substring(0, at).strip();
            if (!key.equals("node") && !key.startsWith(NODE_LABEL)) {
                throw ApiException.invalid("invalid constraint \"" + expression + "\" of a volume: expected node or "
                        + NODE_LABEL + "KEY, then == or != and a value");
            }
            return new Constraint(key, equal, expression.substring(at + 2).strip());
        }

        boolean matches(Node node) {
            boolean same = key.equals("node")
                    ? value.equals(node.id()) || value.equals(Lookup.hostname(node))
                    : value.equals(node.spec().labels().get(key.substring(NODE_LABEL.length())));
            return same == equal;
        }
    }
}
