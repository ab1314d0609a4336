package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.Tuple;

/** A task that goes on failing is restarted as often as its policy says: no more in any window, no less, whoever leads. */
@Tag("long")
class RestartWindowPropertiesTest {
    /** @param windowMs 0: attempts are counted for ever */
    record Policy(long maxAttempts, long windowMs, long delayMs, int historyLimit) {
        ServiceSpec spec() {
            ServiceSpec spec = Swarm.replicated("web", 1);
            return spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                    .withRestartPolicy(new ServiceRestartPolicy(
                            ServiceRestartPolicy.Condition.ANY,
                            Duration.ofMillis(delayMs).toNanos(),
                            maxAttempts,
                            Duration.ofMillis(windowMs).toNanos())));
        }

        /** Whether what ends now has a successor, given the ends before it. */
        boolean restarts(List<Instant> ends, Instant now) {
            Instant lookback = windowMs == 0 ? Instant.MIN : now.minusMillis(windowMs);
            return ends.stream().filter(end -> !end.isBefore(lookback)).count() < maxAttempts;
        }
    }

    /**
     * @param waitMs before it
     * @param newLeader whether another manager leads before it
     */
    record Failure(int waitMs, boolean newLeader, boolean completes) {}

    @Provide
    Arbitrary<Policy> policies() {
        return Combinators.combine(
                        Arbitraries.longs().between(1, 4),
                        Arbitraries.of(0L, 1_000L, 10_000L, 30_000L),
                        Arbitraries.of(0L, 400L, 5_000L),
                        Arbitraries.integers().between(0, 6))
                .as(Policy::new);
    }

    @Provide
    Arbitrary<List<Failure>> failures() {
        return Combinators.combine(
                        Arbitraries.frequencyOf(
                                Tuple.of(3, Arbitraries.integers().between(1, 2_000)),
                                Tuple.of(1, Arbitraries.integers().between(1, 40_000))),
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false))
                .as(Failure::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(15);
    }

    @Property(tries = 150)
    void attemptsInTheWindowAreAsManyAsAllowed(
            @ForAll("policies") Policy policy, @ForAll("failures") List<Failure> failures) {
        Swarm swarm = Swarm.withNodes(2).historyLimit(policy.historyLimit());
        Set<String> made = new HashSet<>();
        swarm.afterEveryTurn(now -> now.tasks("web").forEach(task -> made.add(task.id())));
        swarm.create(policy.spec()).settle();
        List<Instant> ends = new ArrayList<>();
        List<Instant> restarts = new ArrayList<>();

        for (Failure failure : failures) {
            swarm.pass(Duration.ofMillis(policy.delayMs() + failure.waitMs()));
            if (failure.newLeader()) {
                swarm.newLeader().settle();
            }
            assertThat(swarm.running("web"))
                    .as("at %s after ends at %s", swarm.now(), ends)
                    .hasSize(1);
            Task task = swarm.running("web").getFirst();
            boolean restarted = policy.restarts(ends, swarm.now());
            if (restarted) {
                restarts.add(swarm.now());
            }
            ends.add(swarm.now());
            swarm.end(task, failure.completes() ? TaskState.COMPLETE : TaskState.FAILED);
            if (!restarted) {
                break;
            }
        }
        swarm.newLeader().pass(Duration.ofMinutes(5));

        assertThat(made).hasSize(1 + restarts.size());
        assertThat(swarm.running("web")).hasSize(restarts.size() == ends.size() ? 1 : 0);
        for (Instant restart : restarts) {
            Instant from = policy.windowMs() == 0 ? Instant.MIN : restart.minusMillis(policy.windowMs());
            assertThat(restarts.stream().filter(other -> !other.isBefore(from) && !other.isAfter(restart)))
                    .as("restarts in the window before %s", restart)
                    .hasSizeLessThanOrEqualTo((int) policy.maxAttempts());
        }
    }
}
