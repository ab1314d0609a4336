package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeDescription;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a container may go, as classic Swarm's clients wrote it: {@code node==web*}, {@code storage!=disk}. A key that is
 * not a node's name is one of SwarmKit's ({@code node.labels.zone}) or a label of the engine or the node. With {@code ==~}
 * it is a wish: it decides nothing here.
 */
final class ContainerConstraint {
    private final String key;
    private final boolean equal;
    private final boolean wish;
    private final String value;

    private ContainerConstraint(String key, boolean equal, boolean wish, String value) {
        this.key = key;
        this.equal = equal;
        this.wish = wish;
        this.value = value;
    }

    /** Empty when it is not of the form key==value or key!=value, or its value is a regular expression. */
    static Optional<ContainerConstraint> parse(String expression) {
        int at = Stream.of(expression.indexOf("=="), expression.indexOf("!="))
                .filter(found -> found > 0)
                .min(Integer::compare)
                .orElse(-1);
        if (at < 0) {
            return Optional.empty();
        }
        String rest = expression.substring(at + 2);
        boolean wish = rest.startsWith("~");
        String value = (wish ? rest.substring(1) : rest).strip();
        String key = expression.substring(0, at).strip();
        boolean malformed = value.isEmpty() || key.isEmpty() || value.startsWith("/") && value.endsWith("/");
        return malformed
                ? Optional.empty()
                : Optional.of(new ContainerConstraint(key, expression.charAt(at) == '=', wish, value));
    }

    boolean matches(Node node) {
        if (wish) {
            return true;
        }
        return actual(node).anyMatch(this::isValue) == equal;
    }

    private Stream<String> actual(Node node) {
        String lower = key.toLowerCase(Locale.ROOT);
        return switch (lower) {
            case "node" ->
                Stream.of(node.id(), hostname(node), node.spec().name()).flatMap(Stream::ofNullable);
            case "node.id" -> Stream.of(node.id());
            case "node.hostname" -> Stream.ofNullable(hostname(node));
            case "node.role" ->
                Stream.ofNullable(node.spec().role()).map(role -> role.name().toLowerCase(Locale.ROOT));
            case "ostype", "node.platform.os" ->
                Stream.ofNullable(Platforms.of(node).os());
            case "node.platform.arch" -> Stream.ofNullable(Platforms.of(node).architecture());
            default -> labels(node, lower);
        };
    }

    private Stream<String> labels(Node node, String lower) {
        for (String prefix : List.of("node.labels.", "engine.labels.")) {
            if (lower.startsWith(prefix)) {
                String label = key.substring(prefix.length());
                return Stream.ofNullable(
                        prefix.startsWith("node")
                                ? node.spec().labels().get(label)
                                : Constraint.engineLabels(node).get(label));
            }
        }
        return Stream.concat(
                Stream.ofNullable(Constraint.engineLabels(node).get(key)),
                Stream.ofNullable(node.spec().labels().get(key)));
    }

    private static @Nullable String hostname(Node node) {
        NodeDescription description = node.description();
        return description == null ? null : description.hostname();
    }

    /** The value with * for any number of characters; looked for from left to right, so that no pattern takes long. */
    private boolean isValue(String actual) {
        String[] parts = value.split("\\*", -1);
        if (parts.length == 1) {
            return actual.equals(value);
        }
        if (!actual.startsWith(parts[0])) {
            return false;
        }
        int from = parts[0].length();
        for (int i = 1; i < parts.length - 1; i++) {
            int found = actual.indexOf(parts[i], from);
            if (found < 0) {
                return false;
            }
            from = found + parts[i].length();
        }
        String last = parts[parts.length - 1];
        return actual.length() - from >= last.length() && actual.endsWith(last);
    }
}
