package io.flotilla.gateway.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.ContainerStateBuilder;
import io.flotilla.bus.schema.Health;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerViewTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    @ParameterizedTest
    @CsvSource({
        "PT0.9S, Less than a second",
        "PT1S, 1 second",
        "PT59S, 59 seconds",
        "PT60S, About a minute",
        "PT119S, About a minute",
        "PT59M, 59 minutes",
        "PT60M, About an hour",
        "PT89M, About an hour",
        "PT90M, 2 hours",
        "PT47H, 47 hours",
        "P2D, 2 days",
        "P13D, 13 days",
        "P14D, 2 weeks",
        "P60D, 2 months",
        "P730D, 2 years"
    })
    void durationsReadAsGoUnits(Duration duration, String text) {
        assertThat(HumanDuration.of(duration)).isEqualTo(text);
    }

    private static ContainerStateBuilder state() {
        return ContainerStateBuilder.builder()
                .status("running")
                .running(true)
                .exitCode(0L)
                .startedAt("2026-01-01T11:59:55Z")
                .finishedAt("0001-01-01T00:00:00Z");
    }

    @Test
    void statusTellsWhatDockerTells() {
        assertThat(text(state().build())).isEqualTo("Up 5 seconds");
        assertThat(text(state().paused(true).build())).isEqualTo("Up 5 seconds (Paused)");
        assertThat(text(state().health(new Health("healthy", 0L, List.of())).build()))
                .isEqualTo("Up 5 seconds (healthy)");
        assertThat(text(state().health(new Health("starting", 0L, List.of())).build()))
                .isEqualTo("Up 5 seconds (health: starting)");
        assertThat(text(state().running(false)
                        .exitCode(137L)
                        .finishedAt("2026-01-01T11:57:00Z")
                        .build()))
                .isEqualTo("Exited (137) 3 minutes ago");
        assertThat(text(state().running(false).startedAt(null).finishedAt(null).build()))
                .isEqualTo("Created");
        assertThat(text(state().running(false).status("removing").build())).isEqualTo("Removal In Progress");
    }

    private static String text(ContainerState state) {
        return StatusText.of(state).at(NOW);
    }

    @Test
    void portRangesIncludeTheirEnds() {
        PortRange range = PortRange.parse("publish", "80-90/udp");
        assertThat(range.includes(80, "udp")).isTrue();
        assertThat(range.includes(90, "udp")).isTrue();
        assertThat(range.includes(91, "udp")).isFalse();
        assertThat(range.includes(85, "tcp")).isFalse();
        assertThat(range.includes(null, "udp")).isFalse();
    }
}
