package io.flotilla.gateway.query;

import io.flotilla.gateway.error.ApiException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times in queries: seconds since the epoch with up to nine decimals, as Docker's timetypes.ParseTimestamps reads them. */
public final class Timestamps {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** Later than that, in 2262, no long has the nanoseconds: as good as never. */
    private static final long MAX_SECONDS = Long.MAX_VALUE / NANOS_PER_SECOND - 1;

    private static final Pattern SECONDS = Pattern.compile("([+-]?\\d{1,10})(?:\\.(\\d{1,9}))?");

    private Timestamps() {}

    public static long nanos(String text) {
        Matcher match = SECONDS.matcher(text);
        if (!match.matches()) {
            throw ApiException.invalid("strconv.ParseInt: parsing \"" + text + "\": invalid syntax");
        }
        long fraction = match.group(2) == null ? 0 : Long.parseLong((match.group(2) + "000000000").substring(0, 9));
        long seconds = Math.clamp(Long.parseLong(match.group(1)), -MAX_SECONDS, MAX_SECONDS);
        return seconds * NANOS_PER_SECOND + (seconds < 0 ? -fraction : fraction);
    }
}
