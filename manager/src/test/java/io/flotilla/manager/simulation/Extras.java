package io.flotilla.manager.simulation;

import io.flotilla.bus.report.Report;
import io.flotilla.manager.orchestrator.autoscale.AutoscaleRules;
import io.flotilla.manager.orchestrator.cron.CronRules;
import io.flotilla.manager.orchestrator.rebalance.RebalanceRules;
import io.flotilla.manager.scheduler.Dependency;
import io.flotilla.manager.scheduler.PlacementLabels;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * What a simulated service asks for by labels, and which values it is given.
 *
 * @param moves tasks that may be moved to other nodes at a time; 0: none
 * @param demand what all tasks together use: percent of a processor, MiB, and connections per second; 0: not scaled by that
 * @param overlap of a job that is executed each minute; empty: it has no schedule
 * @param dependsOn as the label has it; empty: nothing
 * @param values how many of the values of {@link Users} it uses
 */
record Extras(int priority, int moves, int demand, String overlap, String dependsOn, int values) {
    static final Extras NONE = new Extras(0, 0, 0, "", "", 0);

    static final long MIN_REPLICAS = 2;
    static final long MAX_REPLICAS = 6;

    /** Percent of a processor or of the memory limit, connections per second. */
    static final int TARGET = 50;

    static final long MEMORY_LIMIT_BYTES = 100L << 20;

    static final Duration COOLDOWN = Duration.ofSeconds(2);

    /** An execution that is later is missed. */
    static final Duration MISSED = Duration.ofSeconds(20);

    private static final List<List<String>> TARGETS = List.of(
            List.of(AutoscaleRules.CPU),
            List.of(AutoscaleRules.MEMORY),
            List.of(AutoscaleRules.REQUESTS),
            List.of(AutoscaleRules.CPU, AutoscaleRules.REQUESTS));

    private static final String[] CONDITIONS = {"started", "healthy", "completed"};

    static Extras any(Random random) {
        return new Extras(
                random.nextInt(3) == 0 ? random.nextInt(4) - 1 : 0,
                random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0,
                random.nextInt(6) == 0 ? 25 + random.nextInt(400) : 0,
                random.nextInt(3) > 0 ? overlap(random) : "",
                random.nextInt(6) == 0 ? dependency(random, random.nextInt(Plan.SERVICES)) : "",
                random.nextInt(3) == 0 ? 1 + random.nextInt(Users.VALUES) : 0);
    }

    /** What changes nothing once it has come to rest. @param number of the service, which may wait for the one before */
    static Extras steady(Random random, int number) {
        return new Extras(
                random.nextInt(3),
                random.nextInt(2),
                0,
                "",
                number > 0 && random.nextInt(4) == 0 ? "s" + (number - 1) + ":" + CONDITIONS[random.nextInt(2)] : "",
                random.nextInt(4) == 0 ? Users.VALUES : 0);
    }

    private static String overlap(Random random) {
        CronRules.Overlap[] all = CronRules.Overlap.values();
        return all[random.nextInt(all.length)].name().toLowerCase(Locale.ROOT);
    }

    private static String dependency(Random random, int on) {
        return "s" + on + ":" + CONDITIONS[random.nextInt(CONDITIONS.length)];
    }

    Map<String, String> labels(ServiceShape.Mode mode) {
        Map<String, String> labels = new LinkedHashMap<>();
        if (priority != 0) {
            labels.put(PlacementLabels.PRIORITY, String.valueOf(priority));
        }
        if (!dependsOn.isEmpty()) {
            labels.put(Dependency.LABEL, dependsOn);
        }
        if (mode == ServiceShape.Mode.REPLICATED) {
            replicated(labels);
        } else if (mode != ServiceShape.Mode.GLOBAL && !overlap.isEmpty()) {
            labels.put(CronRules.SCHEDULE, "* * * * *");
            labels.put(CronRules.ZONE, "Europe/Berlin");
            labels.put(CronRules.OVERLAP, overlap);
            labels.put(CronRules.MISSED, MISSED.toSeconds() + "s");
        }
        return labels;
    }

    /** What of its demand a service is scaled by; told from the demand itself, so that seeds mean what they did. */
    List<String> targets(ServiceShape.Mode mode) {
        return demand == 0 || mode != ServiceShape.Mode.REPLICATED ? List.of() : TARGETS.get(demand % TARGETS.size());
    }

    private void replicated(Map<String, String> labels) {
        if (moves != 0) {
            labels.put(RebalanceRules.LABEL, "true");
            labels.put(RebalanceRules.PARALLELISM, String.valueOf(moves));
        }
        if (demand != 0) {
            String prefix = Report.TasksUsed.LABELS;
            labels.put(prefix + "min", String.valueOf(MIN_REPLICAS));
            labels.put(prefix + "max", String.valueOf(MAX_REPLICAS));
            targets(ServiceShape.Mode.REPLICATED).forEach(target -> labels.put(target, String.valueOf(TARGET)));
            labels.put(prefix + "cooldown", COOLDOWN.toSeconds() + "s");
        }
    }
}
