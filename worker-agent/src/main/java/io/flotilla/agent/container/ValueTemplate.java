package io.flotilla.agent.container;

import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ObjectKind;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Secrets and configs that are templates: a task's placeholders, and SwarmKit's {@code {{env "NAME"}}},
 * {@code {{secret "TARGET"}}} and {@code {{config "TARGET"}}}. What is not a placeholder stays byte for byte.
 */
public final class ValueTemplate {
    private static final Pattern CALL = Pattern.compile("(env|secret|config)\\s+\"([^\"]*)\"");

    private ValueTemplate() {}

    /** The task's other values. */
    public interface Others {
        /** @param target as the service names it, not yet a path */
        byte[] value(ObjectKind kind, String target) throws PlanRefused;
    }

    /** @throws PlanRefused a placeholder is unknown, or what it names */
    public static byte[] expand(byte[] template, RunTask task, NodeIdentity node, Others others) throws PlanRefused {
        // a char a byte, so that no encoding gets in between
        String text = new String(template, StandardCharsets.ISO_8859_1);
        return new Templates(task, node, action -> {
                    Matcher call = CALL.matcher(action);
                    return call.matches() ? call(call.group(1), utf8(call.group(2)), task, others) : null;
                })
                .expandBytes(text)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String call(String function, String argument, RunTask task, Others others) throws PlanRefused {
        byte[] value =
                switch (function) {
                    case "env" -> env(task.spec().containerSpec(), argument).getBytes(StandardCharsets.UTF_8);
                    case "secret" -> others.value(ObjectKind.SECRET, argument);
                    default -> others.value(ObjectKind.CONFIG, argument);
                };
        return new String(value, StandardCharsets.ISO_8859_1);
    }

    private static String utf8(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** Empty for one the service does not set. */
    private static String env(@Nullable ContainerSpec spec, String name) {
        if (spec != null) {
            for (String entry : spec.env()) {
                String[] parts = entry.split("=", 2);
                if (parts.length == 2 && parts[0].equalsIgnoreCase(name)) {
                    return parts[1];
                }
            }
        }
        return "";
    }
}
