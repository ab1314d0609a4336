package io.flotilla.manager.orchestrator.cron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CronScheduleTest {
    private static final ZoneId UTC = ZoneId.of("UTC");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*/15 * * * *            | 2026-01-01T00:00:00Z | 2026-01-01T00:15:00Z",
                "0 9-17/4 * * mon-fri    | 2026-01-02T17:00:00Z | 2026-01-05T09:00:00Z",
                "30 2 1 * *              | 2026-01-01T02:30:00Z | 2026-02-01T02:30:00Z",
                "0 0 29 feb *            | 2026-01-01T00:00:00Z | 2028-02-29T00:00:00Z",
                "0 0 13 * fri            | 2026-01-01T00:00:00Z | 2026-01-02T00:00:00Z",
                "0 0 * * 7               | 2026-01-01T00:00:00Z | 2026-01-04T00:00:00Z",
                "5,35 0 31 12 *          | 2026-12-31T00:05:00Z | 2026-12-31T00:35:00Z",
                "59 23 31 12 ?           | 2026-12-31T23:59:00Z | 2027-12-31T23:59:00Z",
                "@hourly                 | 2026-01-01T00:00:30Z | 2026-01-01T01:00:00Z",
                "@yearly                 | 2026-01-01T00:00:00Z | 2027-01-01T00:00:00Z",
            })
    void comesAtTheFirstTimeAfter(String schedule, Instant after, Instant next) throws CronInvalid {
        assertThat(CronSchedule.parse(schedule, UTC).next(after)).contains(next);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // 2026-03-29, 02:00 to 03:00: left out
                "30 2 * * *   | 2026-03-28T12:00:00Z | 2026-03-29T01:00:00Z",
                "30 2 * * *   | 2026-03-29T01:00:00Z | 2026-03-30T00:30:00Z",
                "*/30 * * * * | 2026-03-29T00:30:00Z | 2026-03-29T01:00:00Z",
                // 2026-10-25, 03:00 to 02:00: once more
                "30 2 * * *   | 2026-10-24T12:00:00Z | 2026-10-25T00:30:00Z",
                "30 2 * * *   | 2026-10-25T00:30:00Z | 2026-10-26T01:30:00Z",
                "30 * * * *   | 2026-10-25T00:30:00Z | 2026-10-25T01:30:00Z",
                "0 8 * * *    | 2026-10-25T00:30:00Z | 2026-10-25T07:00:00Z",
            })
    void followsTheClocksOfItsZone(String schedule, Instant after, Instant next) throws CronInvalid {
        assertThat(CronSchedule.parse(schedule, ZoneId.of("Europe/Berlin")).next(after))
                .contains(next);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "* * * *      | has 4 fields",
                "60 * * * *   | \"60\" is no minute: 0 to 59",
                "* * 0 * *    | \"0\" is no day of month: 1 to 31",
                "* * * foo *  | \"foo\" is no month",
                "*/0 * * * *  | \"*/0\" is no minute",
                "5-1 * * * *  | \"5-1\" is no minute",
                "1,,2 * * * * | \"\" is no minute",
                "@often       | \"@often\" is none of @annually",
            })
    void whatCanNotBeReadIsRefused(String schedule, String message) {
        assertThatThrownBy(() -> CronSchedule.parse(schedule, UTC))
                .isInstanceOf(CronInvalid.class)
                .hasMessageContaining(message);
    }

    /** Against looking at every minute. */
    @Property(tries = 200)
    void noTimeIsPassedOver(
            @ForAll @LongRange(min = 1_760_000_000, max = 1_800_000_000) long after,
            @ForAll @IntRange(max = 59) int minute,
            @ForAll @IntRange(min = 1, max = 6) int hours)
            throws CronInvalid {
        ZoneId zone = ZoneId.of("Australia/Lord_Howe");
        Instant from = Instant.ofEpochSecond(after);
        Instant next = CronSchedule.parse(minute + " */" + hours + " * * *", zone)
                .next(from)
                .orElseThrow();
        ZonedDateTime at = from.atZone(zone).withSecond(0).plusMinutes(1);
        while (at.getMinute() != minute || at.getHour() % hours != 0) {
            at = at.plusMinutes(1);
        }
        assertThat(next).isEqualTo(at.toInstant());
    }
}
