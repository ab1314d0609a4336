package io.flotilla.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.agent.reconcile.UsageReports.Connections;
import io.flotilla.agent.reconcile.UsageReports.Sample;
import io.flotilla.agent.runtime.ResourceUsage;
import io.flotilla.bus.report.Report;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is made of two samples of a task. */
class UsageReportsTest {
    private static final long SECOND = 1_000_000_000L;

    private static Sample at(long second, long cpuNanos, @Nullable Long connections) {
        ResourceUsage usage = new ResourceUsage(
                Instant.ofEpochSecond(second),
                cpuNanos,
                0,
                0,
                List.of(),
                0,
                0,
                0,
                0,
                1,
                500,
                0,
                0,
                0,
                Map.of("inactive_file", 200L),
                1,
                0,
                Map.of(),
                Map.of());
        return new Sample(usage, connections == null ? null : new Connections(connections, second * SECOND));
    }

    private static @Nullable Double rate(@Nullable Long before, @Nullable Long now) {
        return UsageReports.between("t1", at(0, 0, before), at(5, 0, now)).connectionsPerSecond();
    }

    @Test
    void useIsTheMeanOfTheTimeBetween() {
        assertThat(UsageReports.between("t1", at(10, SECOND, 40L), at(15, 2 * SECOND, 52L)))
                .isEqualTo(new Report.TasksUsed.Usage("t1", SECOND / 5, 300, 2.4));
    }

    @Test
    void noConnectionIsARateToo() {
        assertThat(rate(40L, 40L)).isZero();
    }

    @Test
    void countersThatBeganAnewAreABeginningAndNoRate() {
        assertThat(rate(40L, 12L)).isNull();
        assertThat(rate(12L, 22L)).isEqualTo(2.0);
    }

    @Test
    void whatWasNotCountedTwiceHasNoRate() {
        assertThat(rate(null, 12L)).isNull();
        assertThat(rate(12L, null)).isNull();
    }
}
