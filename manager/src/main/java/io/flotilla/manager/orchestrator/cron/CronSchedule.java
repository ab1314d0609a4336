package io.flotilla.manager.orchestrator.cron;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.Map;
import java.util.Optional;

/**
 * Times to the minute, as crontab(5) names them: minute, hour, day of month, month, day of week; or @hourly and the like. A
 * day fits when either of its two fields does where both name days, else when both do.
 *
 * <p>Where clocks are put forward, a time that is left out comes at the moment of it; where they are put back, a named hour
 * that comes twice counts once. With an asterisk for the hour, time goes on as it does.
 */
record CronSchedule(CronField minute, CronField hour, CronField day, CronField month, CronField weekday, ZoneId zone) {
    private static final Map<String, String> NAMED = Map.of(
            "@yearly", "0 0 1 1 *",
            "@annually", "0 0 1 1 *",
            "@monthly", "0 0 1 * *",
            "@weekly", "0 0 * * 0",
            "@daily", "0 0 * * *",
            "@midnight", "0 0 * * *",
            "@hourly", "0 * * * *");

    /** The 29th of February may be eight years away, 1896 to 1904. */
    private static final int YEARS_AHEAD = 9;

    static CronSchedule parse(String text, ZoneId zone) throws CronInvalid {
        String plain = text.strip();
        if (plain.startsWith("@") && !NAMED.containsKey(plain)) {
            throw new CronInvalid("\"" + plain + "\" is none of "
                    + String.join(", ", NAMED.keySet().stream().sorted().toList()));
        }
        String[] fields = NAMED.getOrDefault(plain, plain).split("\\s+");
        if (fields.length != 5) {
            throw new CronInvalid("\"" + plain + "\" has " + fields.length
                    + " fields: minute, hour, day of month, month and day of week are wanted");
        }
        return new CronSchedule(
                CronField.parse(CronField.Kind.MINUTE, fields[0]),
                CronField.parse(CronField.Kind.HOUR, fields[1]),
                CronField.parse(CronField.Kind.DAY, fields[2]),
                CronField.parse(CronField.Kind.MONTH, fields[3]),
                CronField.parse(CronField.Kind.WEEKDAY, fields[4]),
                zone);
    }

    /** The first time after a moment; empty when it never comes, as with the 30th of February. */
    Optional<Instant> next(Instant after) {
        ZonedDateTime at = after.atZone(zone).truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
        ZonedDateTime end = at.plusYears(YEARS_AHEAD);
        while (at.isBefore(end)) {
            if (isLeftOutBefore(at)) {
                return Optional.of(at.toInstant());
            }
            if (!month.matches(at.getMonthValue())) {
                at = at.toLocalDate().withDayOfMonth(1).plusMonths(1).atStartOfDay(zone);
            } else if (!matchesDay(at.toLocalDateTime())) {
                at = at.toLocalDate().plusDays(1).atStartOfDay(zone);
            } else if (!hour.matches(at.getHour()) || isSecondPass(at)) {
                at = nextHour(at);
            } else if (!minute.matches(at.getMinute())) {
                at = at.plusMinutes(1);
            } else {
                return Optional.of(at.toInstant());
            }
        }
        return Optional.empty();
    }

    // a transition may be in the middle of an hour: none is stepped over
    private ZonedDateTime nextHour(ZonedDateTime at) {
        ZonedDateTime next = at.plusMinutes(60L - at.getMinute());
        ZoneOffsetTransition transition = zone.getRules().nextTransition(at.toInstant());
        return transition != null && transition.getInstant().isBefore(next.toInstant())
                ? transition.getInstant().atZone(zone)
                : next;
    }

    private boolean matchesDay(LocalDateTime at) {
        boolean ofMonth = day.matches(at.getDayOfMonth());
        boolean ofWeek = weekday.matches(at.getDayOfWeek().getValue() % 7);
        return day.any() || weekday.any() ? ofMonth && ofWeek : ofMonth || ofWeek;
    }

    private boolean isSecondPass(ZonedDateTime at) {
        return !hour.any()
                && !at.getOffset().equals(at.withEarlierOffsetAtOverlap().getOffset());
    }

    /** Whether the clocks are put forward to this moment over a time that was named. */
    private boolean isLeftOutBefore(ZonedDateTime at) {
        if (hour.any()) {
            return false;
        }
        ZoneOffsetTransition last =
                zone.getRules().previousTransition(at.toInstant().plusNanos(1));
        if (last == null || !last.isGap() || !last.getInstant().equals(at.toInstant())) {
            return false;
        }
        for (LocalDateTime gone = last.getDateTimeBefore();
                gone.isBefore(last.getDateTimeAfter());
                gone = gone.plusMinutes(1)) {
            if (month.matches(gone.getMonthValue())
                    && matchesDay(gone)
                    && hour.matches(gone.getHour())
                    && minute.matches(gone.getMinute())) {
                return true;
            }
        }
        return false;
    }
}
