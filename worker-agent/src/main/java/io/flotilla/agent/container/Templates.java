package io.flotilla.agent.container;

import io.flotilla.bus.assignment.Assignment.RunTask;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The placeholders Swarm fills in a task's hostname, environment and mounts, such as {@code {{.Task.Slot}}} and
 * {@code {{index .Service.Labels "tier"}}}. Go's template language beyond those is refused, not left unexpanded.
 */
final class Templates {
    private static final Pattern ACTION = Pattern.compile("\\{\\{(.*?)}}");
    private static final Pattern LABEL = Pattern.compile("index\\s+\\.Service\\.Labels\\s+\"([^\"]*)\"");

    private final Map<String, String> fields;
    private final Map<String, String> serviceLabels;
    private final Functions functions;

    /** What there is beyond the task's own fields. */
    interface Functions {
        /** Null for what is none. */
        @Nullable
        String call(String action) throws PlanRefused;
    }

    Templates(RunTask task, NodeIdentity node) {
        this(task, node, action -> null);
    }

    Templates(RunTask task, NodeIdentity node, Functions functions) {
        this.functions = functions;
        this.serviceLabels = task.serviceLabels();
        // a global service's tasks have no slot: Swarm gives the node's ID
        String slot = task.slot() == 0 ? node.id() : Long.toString(task.slot());
        this.fields = Map.of(
                ".Service.ID", task.serviceId(),
                ".Service.Name", task.serviceName(),
                ".Node.ID", node.id(),
                ".Node.Hostname", node.hostname(),
                ".Node.Platform.Architecture", node.architecture(),
                ".Node.Platform.OS", "linux",
                ".Task.ID", task.id(),
                ".Task.Name", task.name(),
                ".Task.Slot", slot);
    }

    String expand(String text) throws PlanRefused {
        return expand(text, UnaryOperator.identity());
    }

    /** Of a text with a char for each byte, as what comes in its placeholders' place is then too. */
    String expandBytes(String bytes) throws PlanRefused {
        return expand(bytes, field -> new String(field.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    }

    private String expand(String text, UnaryOperator<String> fieldForm) throws PlanRefused {
        if (!text.contains("{{")) {
            return text;
        }
        Matcher matcher = ACTION.matcher(text);
        StringBuilder expanded = new StringBuilder();
        while (matcher.find()) {
            String action = matcher.group(1).strip();
            String field = value(action);
            String value = field == null ? functions.call(action) : fieldForm.apply(field);
            if (value == null) {
                throw new PlanRefused("expanding template failed: " + matcher.group()
                        + " is not one of the placeholders a" + " task has");
            }
            matcher.appendReplacement(expanded, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(expanded).toString();
    }

    private @Nullable String value(String action) {
        Matcher label = LABEL.matcher(action);
        return label.matches() ? serviceLabels.getOrDefault(label.group(1), "") : fields.get(action);
    }
}
