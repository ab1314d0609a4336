package io.flotilla.agent.container;

import io.flotilla.bus.schema.HealthConfig;
import io.flotilla.bus.schema.HealthConfigBuilder;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The Dockerfile instruction HEALTHCHECK: flags, then NONE, or CMD and a command in exec or shell form. Pure. */
final class HealthInstruction {
    private static final Pattern FLAG = Pattern.compile("--([a-z-]+)=(\\S+)\\s*(.*)", Pattern.DOTALL);
    private static final Pattern DURATION = Pattern.compile("([0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|ms|s|m|h)");
    private static final Map<String, Long> UNIT_NANOS = Map.of(
            "ns", 1L,
            "us", 1_000L,
            "µs", 1_000L,
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "m", 60_000_000_000L,
            "h", 3_600_000_000_000L);
    private static final long LEAST_NANOS = 1_000_000;

    private HealthInstruction() {}

    static HealthConfig parse(String rest) throws PlanRefused {
        HealthConfig config = HealthConfigBuilder.builder().build();
        String left = rest;
        for (Matcher flag = FLAG.matcher(left); flag.matches(); flag = FLAG.matcher(left)) {
            config = with(config, flag.group(1), flag.group(2));
            left = flag.group(3);
        }
        String[] typeAndCommand = left.split("\\s+", 2);
        String command = typeAndCommand.length > 1 ? typeAndCommand[1].strip() : "";
        return switch (typeAndCommand[0].toUpperCase(Locale.ROOT)) {
            case "" -> throw new PlanRefused("HEALTHCHECK requires at least one argument");
            case "NONE" -> {
                if (!command.isEmpty()) {
                    throw new PlanRefused("HEALTHCHECK NONE takes no arguments");
                }
                yield config.withTest(List.of("NONE"));
            }
            case "CMD" -> config.withTest(test(command));
            default -> throw new PlanRefused("Unknown type \"" + typeAndCommand[0] + "\" in HEALTHCHECK (try CMD)");
        };
    }

    private static List<String> test(String command) throws PlanRefused {
        Optional<List<String>> exec = ImageChanges.jsonArray(command);
        if (command.isEmpty() || exec.map(List::isEmpty).orElse(false)) {
            throw new PlanRefused("Missing command after HEALTHCHECK CMD");
        }
        List<String> test = new ArrayList<>();
        test.add(exec.isPresent() ? "CMD" : "CMD-SHELL");
        test.addAll(exec.orElse(List.of(command)));
        return test;
    }

    private static HealthConfig with(HealthConfig config, String flag, String value) throws PlanRefused {
        return switch (flag) {
            case "interval" -> config.withInterval(durationNanos(flag, value));
            case "timeout" -> config.withTimeout(durationNanos(flag, value));
            case "start-period" -> config.withStartPeriod(durationNanos(flag, value));
            case "start-interval" -> config.withStartInterval(durationNanos(flag, value));
            case "retries" -> {
                if (!value.matches("[0-9]{1,9}")) {
                    throw new PlanRefused("strconv.ParseInt: parsing \"" + value + "\": invalid syntax");
                }
                long retries = Long.parseLong(value);
                if (retries < 1) {
                    throw new PlanRefused("--retries must be at least 1 (not " + retries + ")");
                }
                yield config.withRetries(retries);
            }
            default -> throw new PlanRefused("Unknown flag: " + flag);
        };
    }

    /** Go's time.ParseDuration of what is not negative. */
    private static long durationNanos(String flag, String text) throws PlanRefused {
        BigDecimal nanos = BigDecimal.ZERO;
        Matcher part = DURATION.matcher(text);
        int at = 0;
        while (part.find() && part.start() == at) {
            nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unitNanos(part.group(2)))));
            at = part.end();
        }
        if (at == 0 || at < text.length() || nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new PlanRefused("time: invalid duration \"" + text + "\"");
        }
        if (nanos.signum() > 0 && nanos.longValue() < LEAST_NANOS) {
            throw new PlanRefused("Interval \"" + flag + "\" cannot be less than 1ms");
        }
        return nanos.longValue();
    }

    private static long unitNanos(String unit) {
        Long nanos = UNIT_NANOS.get(unit);
        if (nanos == null) {
            throw new IllegalStateException("the pattern lets no unit " + unit + " through");
        }
        return nanos;
    }
}
