package io.flotilla.gateway.query;

import io.flotilla.gateway.error.ApiException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The until filter of prunes: a time, or how long ago, as Docker's timetypes.GetTimestamp reads it. */
public final class Until {
    private static final Pattern DURATION = Pattern.compile("(?:(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h))+");
    private static final Pattern DURATION_PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h)");
    /** Down to a day alone; without offset it is UTC. */
    private static final DateTimeFormatter LOCAL = new DateTimeFormatterBuilder()
            .appendPattern("yyyy-MM-dd['T'HH[:mm[:ss]]]")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .parseDefaulting(ChronoField.HOUR_OF_DAY, 0)
            .parseDefaulting(ChronoField.MINUTE_OF_HOUR, 0)
            .parseDefaulting(ChronoField.SECOND_OF_MINUTE, 0)
            .toFormatter();

    private Until() {}

    /** @throws ApiException 400 when there are two, or it is no time */
    public static Optional<Instant> of(Filters filters, Instant now) {
        if (filters.get("until").size() > 1) {
            throw ApiException.invalid("more than one until filter specified");
        }
        return filters.get("until").stream().findFirst().map(text -> parse(text, now));
    }

    static Instant parse(String text, Instant now) {
        try {
            if (DURATION.matcher(text).matches()) {
                return now.minus(duration(text));
            }
            if (text.indexOf('-') <= 0) {
                return Instant.ofEpochSecond(0, Timestamps.nanos(text));
            }
            boolean offset = text.endsWith("Z") || text.matches(".*T.*[+-]\\d\\d:\\d\\d");
            return offset
                    ? OffsetDateTime.parse(text).toInstant()
                    : LocalDateTime.parse(text, LOCAL).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException | ArithmeticException e) {
            throw new ApiException(400, "invalid until filter: " + text, e);
        }
    }

    private static Duration duration(String text) {
        Duration sum = Duration.ZERO;
        Matcher part = DURATION_PART.matcher(text);
        while (part.find()) {
            double nanos = Double.parseDouble(part.group(1)) * unitNanos(part.group(2));
            if (nanos > Long.MAX_VALUE) {
                throw new ArithmeticException("longer than Go's durations");
            }
            sum = sum.plusNanos((long) nanos);
        }
        return sum;
    }

    private static long unitNanos(String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us", "µs" -> 1_000;
            case "ms" -> 1_000_000;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            default -> 3_600_000_000_000L;
        };
    }
}
