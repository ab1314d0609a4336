package io.flotilla.manager.orchestrator.cron;

import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * When a job is to be executed by itself, as the labels of its service say.
 *
 */
public final class CronRules {
    /** Five fields of crontab(5), or @hourly and the like. */
    public static final String SCHEDULE = "flotilla.cron.schedule";

    /** A time zone's name, UTC when there is none. */
    public static final String ZONE = "flotilla.cron.zone";

    /** What to do when the execution before is not over: skip, replace or queue. */
    public static final String OVERLAP = "flotilla.cron.overlap";

    /** How late an execution may begin, 90s, 15m, 2h; an hour when nothing is said. */
    public static final String MISSED = "flotilla.cron.missed";

    private static final String PREFIX = "flotilla.cron.";
    private static final Set<String> LABELS = Set.of(SCHEDULE, ZONE, OVERLAP, MISSED);
    private static final Duration DEFAULT_MISSED = Duration.ofHours(1);
    private static final Duration MOST_MISSED = Duration.ofDays(7);
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})([smhd])");

    /** What becomes of a time that comes while the execution before is under way. */
    public enum Overlap {
        SKIP,
        REPLACE,
        QUEUE
    }

    private final String text;
    private final CronSchedule schedule;
    private final Overlap overlap;
    private final Duration missed;

    private CronRules(String text, CronSchedule schedule, Overlap overlap, Duration missed) {
        this.text = text;
        this.schedule = schedule;
        this.overlap = overlap;
        this.missed = missed;
    }

    /** Whether a service is executed by a schedule, and so not by being created or changed. */
    public static boolean has(ServiceSpec spec) {
        return spec.labels().containsKey(SCHEDULE);
    }

    /**
     * The rules of a service; empty for one without a schedule.
     *
     * @throws CronInvalid when the labels can't be followed
     */
    public static Optional<CronRules> of(ServiceSpec spec) throws CronInvalid {
        Map<String, String> labels = spec.labels();
        for (String label : labels.keySet()) {
            if (label.startsWith(PREFIX) && !LABELS.contains(label)) {
                throw new CronInvalid("label " + label + " is unknown: there are "
                        + String.join(", ", LABELS.stream().sorted().toList()));
            }
            if (LABELS.contains(label) && !has(spec)) {
                throw new CronInvalid("label " + label + " needs the label " + SCHEDULE);
            }
        }
        if (!has(spec)) {
            return Optional.empty();
        }
        ServiceMode mode = spec.mode();
        if (mode == null || mode.replicatedJob() == null && mode.globalJob() == null) {
            throw new CronInvalid("label " + SCHEDULE + " needs a service in mode replicated-job or global-job");
        }
        String text = labels.getOrDefault(SCHEDULE, "").strip();
        return Optional.of(new CronRules(text, schedule(text, zone(labels)), overlap(labels), missed(labels)));
    }

    private static CronSchedule schedule(String text, ZoneId zone) throws CronInvalid {
        try {
            CronSchedule schedule = CronSchedule.parse(text, zone);
            if (schedule.next(Instant.EPOCH).isEmpty()) {
                throw new CronInvalid("\"" + text + "\" never comes");
            }
            return schedule;
        } catch (CronInvalid e) {
            throw new CronInvalid("label " + SCHEDULE + ": " + e.getMessage());
        }
    }

    private static ZoneId zone(Map<String, String> labels) throws CronInvalid {
        String name = labels.get(ZONE);
        try {
            return name == null ? ZoneOffset.UTC : ZoneId.of(name.strip());
        } catch (DateTimeException e) {
            throw new CronInvalid("label " + ZONE + ": \"" + name + "\" is no time zone");
        }
    }

    private static Overlap overlap(Map<String, String> labels) throws CronInvalid {
        String word = labels.getOrDefault(OVERLAP, "skip");
        for (Overlap overlap : Overlap.values()) {
            if (overlap.name().toLowerCase(Locale.ROOT).equals(word)) {
                return overlap;
            }
        }
        throw new CronInvalid("label " + OVERLAP + ": \"" + word + "\" is none of skip, replace, queue");
    }

    private static Duration missed(Map<String, String> labels) throws CronInvalid {
        String word = labels.get(MISSED);
        if (word == null) {
            return DEFAULT_MISSED;
        }
        Matcher matcher = DURATION.matcher(word);
        if (!matcher.matches()) {
            throw new CronInvalid("label " + MISSED + ": \"" + word + "\" is no duration such as 90s, 15m, 2h, 1d");
        }
        long count = Long.parseLong(matcher.group(1));
        Duration duration =
                switch (matcher.group(2)) {
                    case "s" -> Duration.ofSeconds(count);
                    case "m" -> Duration.ofMinutes(count);
                    case "h" -> Duration.ofHours(count);
                    default -> Duration.ofDays(count);
                };
        if (duration.compareTo(MOST_MISSED) > 0) {
            throw new CronInvalid("label " + MISSED + ": \"" + word + "\" is more than 7d");
        }
        return duration;
    }

    public String text() {
        return text;
    }

    public String zone() {
        return schedule.zone().getId();
    }

    public Overlap overlap() {
        return overlap;
    }

    /** The first time after a moment; empty when it never comes again. */
    public Optional<Instant> next(Instant after) {
        return schedule.next(after);
    }

    /** The last time from {@code due} to {@code now}, both included, that is not too long ago; empty when all are. */
    public Optional<Instant> latest(Instant due, Instant now) {
        Instant oldest = now.minus(missed);
        Optional<Instant> latest = due.isBefore(oldest) ? Optional.empty() : Optional.of(due);
        Optional<Instant> further = next(due.isBefore(oldest) ? oldest.minusNanos(1) : due);
        while (further.isPresent() && !further.get().isAfter(now)) {
            latest = further;
            further = next(further.get());
        }
        return latest;
    }
}
