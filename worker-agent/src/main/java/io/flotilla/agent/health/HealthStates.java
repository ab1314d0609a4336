package io.flotilla.agent.health;

import io.flotilla.bus.schema.Health;
import io.flotilla.bus.schema.HealthcheckResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What results make of a container's health: dockerd's handleProbeResult. Pure. */
public final class HealthStates {
    public static final String STARTING = "starting";
    public static final String HEALTHY = "healthy";
    public static final String UNHEALTHY = "unhealthy";

    private static final int MOST_RESULTS = 5;

    private HealthStates() {}

    /** Of a container that has just been started; results of its last run stay in the log. */
    public static Health started(@Nullable Health before) {
        return new Health(STARTING, 0L, before == null ? List.of() : before.log());
    }

    /** Of a container that has ended: nothing is healthy that does not run. */
    public static @Nullable Health ended(@Nullable Health before) {
        return before == null ? null : before.withStatus(UNHEALTHY);
    }

    /** With one more result. */
    public static Health after(Health before, HealthcheckResult result, HealthCheck check, Instant startedAt) {
        List<HealthcheckResult> log = new ArrayList<>(before.log());
        log.add(result);
        List<HealthcheckResult> last = log.subList(Math.max(0, log.size() - MOST_RESULTS), log.size());
        Long exitCode = result.exitCode();
        if (exitCode != null && exitCode == 0) {
            return new Health(HEALTHY, 0L, last);
        }
        Instant probed = result.start() == null ? startedAt : result.start();
        boolean forgiven = STARTING.equals(before.status())
                && Duration.between(startedAt, probed).compareTo(check.startPeriod()) < 0;
        long streak = (before.failingStreak() == null ? 0 : before.failingStreak()) + (forgiven ? 0 : 1);
        boolean failed = !forgiven && streak >= check.retries();
        return new Health(failed ? UNHEALTHY : before.status(), streak, last);
    }
}
