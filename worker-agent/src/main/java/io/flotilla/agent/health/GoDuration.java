package io.flotilla.agent.health;

import java.math.BigDecimal;
import java.time.Duration;

/** A duration as Go prints it, 1m30s or 500ms, which is how Docker's messages have them. */
final class GoDuration {
    private GoDuration() {}

    static String text(Duration duration) {
        long nanos = duration.toNanos();
        if (nanos < 1_000_000_000) {
            return number(nanos, 1_000_000) + "ms";
        }
        long hours = duration.toHours();
        long minutes = duration.toMinutesPart();
        String seconds = number(nanos - (duration.toMinutes() * 60_000_000_000L), 1_000_000_000) + "s";
        return (hours > 0 ? hours + "h" : "") + (hours > 0 || minutes > 0 ? minutes + "m" : "") + seconds;
    }

    private static String number(long nanos, long unit) {
        return BigDecimal.valueOf(nanos)
                .divide(BigDecimal.valueOf(unit))
                .stripTrailingZeros()
                .toPlainString();
    }
}
