package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.Platform;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What one node lacks for a task, in words: the examples a task without a node gives. Pure. */
final class Shortfall {
    private static final int LONGEST_EXPRESSION = 100;
    private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");

    private Shortfall() {}

    static String availability(Node node) {
        NodeState state = node.status() == null ? null : node.status().state();
        if (state != NodeState.READY) {
            return name(node) + " is "
                    + Objects.requireNonNullElse(state, NodeState.UNKNOWN)
                            .name()
                            .toLowerCase(Locale.ROOT);
        }
        return name(node) + (node.spec().availability() == NodeSpec.Availability.PAUSE ? " is paused" : " is drained");
    }

    /** Of what is lacking the first: processors, memory, generic resources. */
    static String resources(NodeInfo info, Node node, Requirements needs) {
        if (needs.nanoCpus() > info.freeNanoCpus()) {
            return name(node) + " has " + cpus(info.freeNanoCpus()) + " of " + cpus(info.nanoCpus()) + " CPUs free, "
                    + cpus(needs.nanoCpus()) + " wanted";
        }
        if (needs.memoryBytes() > info.freeMemoryBytes()) {
            return name(node) + " has " + bytes(info.freeMemoryBytes()) + " of " + bytes(info.memoryBytes())
                    + " memory free, " + bytes(needs.memoryBytes()) + " wanted";
        }
        String kind = Objects.requireNonNullElse(info.generic().lacking(needs.generic()), "");
        return name(node) + " has " + info.generic().free(kind) + " of "
                + info.generic().total(kind) + " " + kind + " free, "
                + needs.generic().get(kind) + " wanted";
    }

    static String plugin(NodeInfo info, Node node, List<Requirements.Plugin> wanted) {
        return wanted.stream()
                .filter(plugin -> !info.hasPlugins(List.of(plugin)))
                .findFirst()
                .map(plugin -> name(node) + " has no " + plugin.type().toLowerCase(Locale.ROOT) + " plugin \""
                        + plugin.name() + "\"")
                .orElseGet(() -> name(node));
    }

    static String constraint(Node node, List<Constraint> constraints) {
        return constraints.stream()
                .filter(constraint -> !constraint.matches(node))
                .findFirst()
                .map(unmet -> name(node) + " does not meet " + cut(unmet.toString()))
                .orElseGet(() -> name(node));
    }

    static String platform(Node node, List<Platform> wanted) {
        return name(node) + " is " + platform(Platforms.of(node)) + ", the image is for "
                + wanted.stream().map(Shortfall::platform).distinct().collect(Collectors.joining(", "));
    }

    static String hostPort(NodeInfo info, Node node, List<Requirements.HostPort> wanted) {
        return wanted.stream()
                .filter(info::holds)
                .findFirst()
                .map(port -> "port " + port + " is taken on " + name(node))
                .orElseGet(() -> name(node));
    }

    static String replicas(Node node, int there, long most) {
        return name(node) + " has " + there + " of at most " + most;
    }

    private static String platform(Platform platform) {
        return Objects.requireNonNullElse(platform.os(), "") + "/" + Platforms.architecture(platform.architecture());
    }

    static String name(Node node) {
        @Nullable
        String hostname = node.description() == null ? null : node.description().hostname();
        return hostname == null || hostname.isEmpty() ? node.id() : hostname;
    }

    private static String cut(String expression) {
        return expression.length() <= LONGEST_EXPRESSION
                ? expression
                : expression.substring(0, LONGEST_EXPRESSION) + "...";
    }

    /** At most three decimals. */
    private static String cpus(long nano) {
        return plain(BigDecimal.valueOf(nano, 9));
    }

    private static String bytes(long count) {
        BigDecimal amount = BigDecimal.valueOf(count);
        BigDecimal step = BigDecimal.valueOf(1024);
        int unit = 0;
        while (amount.abs().compareTo(step) >= 0 && unit < UNITS.size() - 1) {
            amount = amount.divide(step);
            unit++;
        }
        return plain(amount) + UNITS.get(unit);
    }

    private static String plain(BigDecimal amount) {
        BigDecimal rounded = amount.setScale(3, RoundingMode.DOWN).stripTrailingZeros();
        return rounded.signum() == 0 ? "0" : rounded.toPlainString();
    }
}
