package io.flotilla.manager.orchestrator.autoscale;

import static io.flotilla.bus.report.Report.TasksUsed.LABELS;

import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.Limit;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.TaskSpec;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a service's labels want it scaled.
 *
 * @param cpuPercent target of the mean use of a task, in percent of {@link #cpuBase}; null: CPU does not matter
 * @param memoryPercent target of the mean use of a task, in percent of its memory limit; null: memory does not matter
 * @param requests target of the new connections per second a task gets in the mean; null: they do not matter
 * @param cooldown how long after any change of the service nothing is decided
 * @param cpuBase billionths of a processor: a task's reservation, else its limit, else one processor
 * @param memoryBase a task's memory limit in bytes
 */
public record AutoscaleRules(
        long min,
        long max,
        @Nullable Long cpuPercent,
        @Nullable Long memoryPercent,
        @Nullable Long requests,
        Duration cooldown,
        long cpuBase,
        long memoryBase) {
    public static final String MIN = LABELS + "min";
    public static final String MAX = LABELS + "max";
    public static final String CPU = LABELS + "cpu";
    public static final String MEMORY = LABELS + "memory";
    public static final String REQUESTS = Report.TasksUsed.REQUESTS;
    public static final String COOLDOWN = LABELS + "cooldown";

    private static final Set<String> TARGETS = Set.of(CPU, MEMORY, REQUESTS);
    private static final Set<String> KNOWN = Set.of(MIN, MAX, CPU, MEMORY, REQUESTS, COOLDOWN);
    private static final long MOST_REPLICAS = 20_000;
    private static final long MOST_PERCENT = 1_000;
    private static final long MOST_REQUESTS = 1_000_000;
    private static final long ONE_CPU = 1_000_000_000L;
    private static final Duration DEFAULT_COOLDOWN = Duration.ofMinutes(1);
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");
    private static final Pattern DURATION =
            Pattern.compile("(?=.)(?:([0-9]{1,3})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,6})s)?");

    /** @return what is wrong with the labels, for the user; empty when nothing is or there are none */
    public static Optional<String> malformed(ServiceSpec spec) {
        Map<String, String> labels = spec.labels();
        if (labels.keySet().stream().noneMatch(label -> label.startsWith(LABELS))) {
            return Optional.empty();
        }
        Optional<String> unknown = labels.keySet().stream()
                .filter(label -> label.startsWith(LABELS) && !KNOWN.contains(label))
                .sorted()
                .findFirst();
        if (unknown.isPresent()) {
            return unknown.map(label ->
                    "label " + label + " is not known: there are min, max, cpu, memory, requests and cooldown");
        }
        if (spec.mode() != null && spec.mode().replicated() == null) {
            return Optional.of("labels " + LABELS + "*: only replicated services can be scaled");
        }
        if (TARGETS.stream().noneMatch(labels::containsKey)) {
            return Optional.of(
                    "labels " + LABELS + "*: one of " + CPU + ", " + MEMORY + " and " + REQUESTS + " is needed");
        }
        return outside(labels, MAX, null, 1, MOST_REPLICAS)
                .or(() -> outside(labels, MIN, "1", 1, Long.parseLong(labels.get(MAX))))
                .or(() -> target(labels, CPU, MOST_PERCENT))
                .or(() -> target(labels, MEMORY, 100))
                .or(() -> target(labels, REQUESTS, MOST_REQUESTS))
                .or(() -> labels.containsKey(MEMORY) && memoryLimit(spec) == 0
                        ? Optional.of("label " + MEMORY + " needs a memory limit: it is a percentage of it")
                        : Optional.empty())
                .or(() -> labels.containsKey(REQUESTS) && !publishes(spec)
                        ? Optional.of("label " + REQUESTS
                                + " needs a published port: what is counted are the connections to it")
                        : Optional.empty())
                .or(() -> cooldown(labels).isEmpty()
                        ? Optional.of("label " + COOLDOWN + " is \"" + labels.get(COOLDOWN)
                                + "\": must be a duration such as 90s or 5m")
                        : Optional.empty());
    }

    private static Optional<String> target(Map<String, String> labels, String label, long most) {
        return labels.containsKey(label) ? outside(labels, label, null, 1, most) : Optional.empty();
    }

    private static Optional<String> outside(
            Map<String, String> labels, String label, @Nullable String otherwise, long least, long most) {
        String text = Objects.requireNonNullElse(labels.get(label), Objects.requireNonNullElse(otherwise, ""));
        boolean good = NUMBER.matcher(text).matches() && Long.parseLong(text) >= least && Long.parseLong(text) <= most;
        return good
                ? Optional.empty()
                : Optional.of(
                        "label " + label + " is \"" + text + "\": must be a whole number, " + least + " to " + most);
    }

    /** Empty for a service that is not to be scaled. */
    static Optional<AutoscaleRules> of(ServiceSpec spec) {
        Map<String, String> labels = spec.labels();
        if (!labels.containsKey(MAX) || malformed(spec).isPresent()) {
            return Optional.empty();
        }
        return Optional.of(new AutoscaleRules(
                Long.parseLong(labels.getOrDefault(MIN, "1")),
                Long.parseLong(labels.get(MAX)),
                labels.containsKey(CPU) ? Long.valueOf(labels.get(CPU)) : null,
                labels.containsKey(MEMORY) ? Long.valueOf(labels.get(MEMORY)) : null,
                labels.containsKey(REQUESTS) ? Long.valueOf(labels.get(REQUESTS)) : null,
                cooldown(labels).orElse(DEFAULT_COOLDOWN),
                cpuBase(spec),
                memoryLimit(spec)));
    }

    private static Optional<Duration> cooldown(Map<String, String> labels) {
        String text = labels.get(COOLDOWN);
        if (text == null) {
            return Optional.of(DEFAULT_COOLDOWN);
        }
        Matcher parts = DURATION.matcher(text);
        return parts.matches()
                ? Optional.of(Duration.ofHours(number(parts.group(1)))
                        .plusMinutes(number(parts.group(2)))
                        .plusSeconds(number(parts.group(3))))
                : Optional.empty();
    }

    private static long number(@Nullable String digits) {
        return digits == null ? 0 : Long.parseLong(digits);
    }

    private static boolean publishes(ServiceSpec spec) {
        return spec.endpointSpec() != null && !spec.endpointSpec().ports().isEmpty();
    }

    private static Optional<ResourceRequirements> resources(ServiceSpec spec) {
        return Optional.ofNullable(spec.taskTemplate()).map(TaskSpec::resources);
    }

    private static long cpuBase(ServiceSpec spec) {
        return resources(spec)
                .map(ResourceRequirements::reservations)
                .map(ResourceObject::nanoCpus)
                .filter(nanoCpus -> nanoCpus > 0)
                .or(() -> resources(spec)
                        .map(ResourceRequirements::limits)
                        .map(Limit::nanoCpus)
                        .filter(nanoCpus -> nanoCpus > 0))
                .orElse(ONE_CPU);
    }

    private static long memoryLimit(ServiceSpec spec) {
        return resources(spec)
                .map(ResourceRequirements::limits)
                .map(Limit::memoryBytes)
                .orElse(0L);
    }
}
