package io.flotilla.gateway.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.codec.Codec;
import io.flotilla.gateway.error.ApiException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NumericChars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class FiltersTest {
    @Property(tries = 200)
    void bothEncodingsMeanTheSame(@ForAll @Size(max = 4) Map<String, @Size(min = 1, max = 3) Set<String>> wanted) {
        Map<String, Object> old = new LinkedHashMap<>();
        wanted.forEach((key, values) -> {
            Map<String, Boolean> flags = new LinkedHashMap<>();
            values.forEach(value -> flags.put(value, true));
            old.put(key, flags);
        });
        Filters newer = Filters.parse(text(wanted));
        Filters older = Filters.parse(text(old));
        wanted.forEach((key, values) -> {
            assertThat(newer.get(key)).isEqualTo(values);
            assertThat(older.get(key)).isEqualTo(values);
        });
    }

    @Property(tries = 300)
    void anyTextIsReadOrRefused(@ForAll String text) {
        try {
            assertThat(Filters.parse(text, Set.of("label"))).isNotNull();
        } catch (ApiException e) {
            assertThat(e.status()).isEqualTo(400);
        }
    }

    @Property(tries = 300)
    void anyExpressionMatchesInTimeOfItsInput(@ForAll @StringLength(max = 30) String expression) {
        Filters filters = Filters.parse(text(Map.of("name", List.of(expression, "(a+)+$"))));
        assertThat(filters.match("name", "a".repeat(5000) + "!")).isIn(true, false);
    }

    private static String text(Object value) {
        return new String(Codec.JSON.encode(value), java.nio.charset.StandardCharsets.UTF_8);
    }

    @Test
    void labelsHaveAllToHold() {
        Filters filters = Filters.parse("{\"label\":[\"a\",\"b=1\"]}");
        assertThat(filters.labelsMatch("label", Map.of("a", "x", "b", "1"))).isTrue();
        assertThat(filters.labelsMatch("label", Map.of("a", "x", "b", "2"))).isFalse();
        assertThat(filters.labelsMatch("label", Map.of("b", "1"))).isFalse();
        assertThat(Filters.NONE.labelsMatch("label", Map.of())).isTrue();
    }

    @Test
    void aFlagIsOneTruthValue() {
        assertThat(Filters.parse("{\"dangling\":[\"true\"]}").flag("dangling", false))
                .isTrue();
        assertThat(Filters.parse("{\"dangling\":{\"0\":true}}").flag("dangling", true))
                .isFalse();
        for (String bad : List.of("[\"maybe\"]", "[\"true\",\"false\"]", "[]")) {
            Filters filters = Filters.parse("{\"dangling\":" + bad + "}");
            assertThatThrownBy(() -> filters.flag("dangling", false))
                    .hasMessageStartingWith("invalid filter 'dangling=");
        }
    }

    @Property(tries = 200)
    void secondsWithDecimalsBecomeNanos(
            @ForAll @NumericChars @StringLength(min = 1, max = 9) String seconds,
            @ForAll @NumericChars @StringLength(min = 1, max = 9) String decimals) {
        long expected = new java.math.BigDecimal(seconds + "." + decimals)
                .movePointRight(9)
                .longValueExact();
        assertThat(Timestamps.nanos(seconds + "." + decimals)).isEqualTo(expected);
        assertThat(Timestamps.nanos(seconds)).isEqualTo(Long.parseLong(seconds) * 1_000_000_000L);
    }

    @Test
    void whatIsNoTimeIsRefused() {
        for (String bad : List.of("x", "1.2.3", "10m", "99999999999", "1.1234567890")) {
            assertThatThrownBy(() -> Timestamps.nanos(bad)).isInstanceOf(ApiException.class);
        }
    }
}
