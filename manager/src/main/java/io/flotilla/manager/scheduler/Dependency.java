package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.ServiceSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a service waits for before its first start: label {@code flotilla.depends_on=db:healthy,migrate:completed,cache}.
 * Compose's words for the conditions are taken as well.
 *
 * @param service by name
 */
public record Dependency(String service, Condition condition) {
    public static final String LABEL = "flotilla.depends_on";

    /** How the reasons of tasks begin that wait for it. */
    public static final String WAITING = "waiting for service ";

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");
    private static final int MAX = 32;

    /** When a service is far enough for those that depend on it. */
    public enum Condition {
        /** At least one task runs. */
        STARTED,
        /** All wanted tasks run; a task with a health check runs once that says so. */
        HEALTHY,
        /** A job that is done. */
        COMPLETED;

        private static Optional<Condition> of(String word) {
            return switch (word) {
                case "started", "service_started" -> Optional.of(STARTED);
                case "healthy", "service_healthy" -> Optional.of(HEALTHY);
                case "completed", "service_completed_successfully" -> Optional.of(COMPLETED);
                default -> Optional.empty();
            };
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @return what is wrong with the label, for the user; empty when nothing is or there is none */
    public static Optional<String> malformed(ServiceSpec spec) {
        String label = spec.labels().get(LABEL);
        if (label == null) {
            return Optional.empty();
        }
        String[] parts = label.split(",", -1);
        if (parts.length > MAX) {
            return Optional.of("label " + LABEL + " names " + parts.length + " services: the limit is " + MAX);
        }
        for (String part : parts) {
            if (parse(part).isEmpty()) {
                return Optional.of("label " + LABEL + ": \"" + part.strip()
                        + "\" is not SERVICE[:CONDITION], CONDITION being started, healthy or completed");
            }
        }
        return Optional.empty();
    }

    /** None where there is no label; what is malformed was refused when the service was created. */
    public static List<Dependency> of(ServiceSpec spec) {
        String label = spec.labels().get(LABEL);
        List<Dependency> found = new ArrayList<>();
        if (label != null) {
            for (String part : label.split(",", MAX + 1)) {
                parse(part).ifPresent(found::add);
            }
        }
        return List.copyOf(found);
    }

    private static Optional<Dependency> parse(String part) {
        String[] words = part.strip().split(":", 2);
        if (!NAME.matcher(words[0]).matches()) {
            return Optional.empty();
        }
        return Condition.of(words.length == 1 ? "started" : words[1].strip())
                .map(condition -> new Dependency(words[0], condition));
    }
}
