package io.flotilla.gateway.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.gateway.error.ApiException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimestampsTest {
    private static final long MAX_SECONDS = 9_999_999_999L;

    @Test
    void decimalsAreNanoseconds() {
        assertThat(Timestamps.nanos("12")).isEqualTo(12_000_000_000L);
        assertThat(Timestamps.nanos("12.5")).isEqualTo(12_500_000_000L);
        assertThat(Timestamps.nanos("1.000000001")).isEqualTo(1_000_000_001L);
        assertThat(Timestamps.nanos("-1.5")).isEqualTo(-1_500_000_000L);
    }

    @Property(tries = 300)
    void aLaterTimeIsNeverBeforeAnEarlierOne(
            @ForAll @LongRange(min = 0, max = MAX_SECONDS) long one,
            @ForAll @LongRange(min = 0, max = MAX_SECONDS) long other) {
        assertThat(Timestamps.nanos(Math.max(one, other) + ".999999999"))
                .isGreaterThanOrEqualTo(Timestamps.nanos(String.valueOf(Math.min(one, other))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1.", ".5", "1.0000000001", "1e9", "99999999999", "--1", " 1", "2026-01-01"})
    void whatIsNoTimeIsRefused(String text) {
        assertThatThrownBy(() -> Timestamps.nanos(text))
                .isInstanceOf(ApiException.class)
                .hasMessage("strconv.ParseInt: parsing \"" + text + "\": invalid syntax");
    }
}
