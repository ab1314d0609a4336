package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.ServiceRestartPolicyBuilder;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateConfig;
import io.flotilla.bus.schema.UpdateStatus;
import java.time.Duration;
import java.util.EnumSet;
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

/** However an update is configured, whatever becomes of its tasks, and whoever leads meanwhile. */
@Tag("long")
class UpdatePropertiesTest {
    private static final Set<UpdateStatus.State> ENDS = EnumSet.of(
            UpdateStatus.State.COMPLETED,
            UpdateStatus.State.PAUSED,
            UpdateStatus.State.ROLLBACK_COMPLETED,
            UpdateStatus.State.ROLLBACK_PAUSED);

    /**
     * @param broken so many slots' new tasks fail as they start
     * @param restarts whether what failed is tried again
     * @param leaders after how many milliseconds another manager leads, from the update's begin on
     */
    record Case(
            int replicas,
            UpdateConfig config,
            int broken,
            boolean restarts,
            boolean changedMeanwhile,
            List<Integer> leaders) {
        long parallelism() {
            long configured = Objects.requireNonNull(config.parallelism());
            return configured == 0 ? replicas : configured;
        }

        Case withoutChange() {
            return new Case(replicas, config, broken, restarts, false, leaders);
        }

        Case withoutRestarts() {
            return new Case(replicas, config, broken, false, changedMeanwhile, leaders);
        }

        boolean startsFirst() {
            return config.order() == UpdateConfig.Order.START_FIRST;
        }
    }

    @Provide
    Arbitrary<Case> cases() {
        Arbitrary<UpdateConfig> config = Combinators.combine(
                        Arbitraries.longs().between(0, 4),
                        Arbitraries.of(0L, 500L, 3_000L),
                        Arbitraries.of(UpdateConfig.FailureAction.class),
                        Arbitraries.of(1L, 1_000L, 6_000L),
                        Arbitraries.of(0.0, 0.25, 0.5, 1.0),
                        Arbitraries.of(UpdateConfig.Order.class))
                .as((parallelism, delayMs, action, monitorMs, ratio, order) ->
                        new UpdateConfig(parallelism, nanos(delayMs), action, nanos(monitorMs), ratio, order));
        return Combinators.combine(
                        Arbitraries.integers().between(1, 8),
                        config,
                        Arbitraries.integers().between(0, 8),
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false),
                        Arbitraries.integers().between(0, 8_000).list().ofMaxSize(4))
                .as((replicas, update, broken, restarts, changed, leaders) ->
                        new Case(replicas, update, Math.min(replicas, broken), restarts, changed, leaders));
    }

    private static long nanos(long millis) {
        return Duration.ofMillis(millis).toNanos();
    }

    private static Swarm created(Case of) {
        Swarm swarm = Swarm.withNodes(3);
        ServiceSpec spec = Swarm.replicated("web", of.replicas());
        swarm.create(spec.withUpdateConfig(of.config())
                        .withRollbackConfig(of.config().withFailureAction(UpdateConfig.FailureAction.PAUSE))
                        .withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                                .withRestartPolicy(ServiceRestartPolicyBuilder.builder()
                                        .condition(
                                                of.restarts()
                                                        ? ServiceRestartPolicy.Condition.ANY
                                                        : ServiceRestartPolicy.Condition.NONE)
                                        .delay(nanos(700))
                                        .build())))
                .settle();
        swarm.fate(task -> isNew(swarm, task) && Objects.requireNonNull(task.slot()) <= of.broken()
                ? TaskState.FAILED
                : TaskState.RUNNING);
        return swarm;
    }

    private static boolean isNew(Swarm swarm, Task task) {
        return !"nginx:1".equals(swarm.image(task));
    }

    private static void runUpdate(Swarm swarm, Case of) {
        swarm.update("web", spec -> Swarm.withImage(spec, "nginx:2"));
        int passedMs = 0;
        for (int at : of.leaders().stream().sorted().toList()) {
            swarm.pass(Duration.ofMillis(at - passedMs)).newLeader();
            passedMs = at;
        }
        if (of.changedMeanwhile()) {
            swarm.update("web", spec -> Swarm.withImage(spec, "nginx:3"));
        }
        swarm.pass(Duration.ofMinutes(5));
    }

    private static UpdateStatus status(Swarm swarm) {
        return Objects.requireNonNull(swarm.service("web").updateStatus());
    }

    @Property(tries = 60)
    void updateAlwaysEndsAndSaysHow(@ForAll("cases") Case of) {
        Swarm swarm = created(of);
        runUpdate(swarm, of);

        assertThat(status(swarm).state()).isIn(ENDS);
        assertThat(status(swarm).message()).isNotBlank();
        if (of.broken() == 0) {
            assertThat(status(swarm).state()).isEqualTo(UpdateStatus.State.COMPLETED);
            assertThat(swarm.running("web"))
                    .hasSize(of.replicas())
                    .allMatch(task -> (of.changedMeanwhile() ? "nginx:3" : "nginx:2").equals(swarm.image(task)));
        }
    }

    @Property(tries = 60)
    void noMoreSlotsAreDownAtATimeThanMayBe(@ForAll("cases") Case of) {
        Swarm swarm = created(of);
        Set<Long> failed = new HashSet<>();
        swarm.afterEveryTurn(now -> {
            Set<Long> down = new HashSet<>();
            for (long slot = 1; slot <= of.replicas(); slot++) {
                down.add(slot);
            }
            now.tasks("web").stream()
                    .filter(task -> task.state() == TaskState.RUNNING)
                    .forEach(task -> down.remove(task.slot()));
            now.tasks("web").stream().filter(Slot::endedByItself).forEach(task -> failed.add(task.slot()));
            down.removeAll(failed);
            assertThat(down)
                    .as("slots that are down at %s", now.now())
                    .hasSizeLessThanOrEqualTo(of.startsFirst() ? 0 : (int) of.parallelism());
        });
        runUpdate(swarm, of.withoutChange());
    }

    @Property(tries = 60)
    void failuresBeyondTheRatioAndOnlyThoseStopAnUpdate(@ForAll("cases") Case any) {
        Case of = any.withoutRestarts().withoutChange();
        Swarm swarm = created(of);
        runUpdate(swarm, of);

        boolean tooMany = of.broken() > Objects.requireNonNull(of.config().maxFailureRatio()) * of.replicas();
        UpdateStatus.State expected =
                switch (Objects.requireNonNull(of.config().failureAction())) {
                    case PAUSE -> tooMany ? UpdateStatus.State.PAUSED : UpdateStatus.State.COMPLETED;
                    case ROLLBACK -> tooMany ? UpdateStatus.State.ROLLBACK_COMPLETED : UpdateStatus.State.COMPLETED;
                    case CONTINUE -> UpdateStatus.State.COMPLETED;
                };
        assertThat(status(swarm).state()).isEqualTo(expected);
        if (expected == UpdateStatus.State.ROLLBACK_COMPLETED) {
            assertThat(swarm.running("web")).hasSize(of.replicas()).noneMatch(task -> isNew(swarm, task));
        }
    }

    /** Starting first, the old task serves for as long as there is no new one that does. */
    @Property(tries = 40)
    void slotWhoseNewTaskFailsKeepsTheOldOneUntilANewOneRuns(@ForAll("cases") Case any) {
        Case of = any.withoutChange();
        Swarm swarm = created(of);
        runUpdate(swarm, of);
        boolean goesOn = of.startsFirst() && status(swarm).state() == UpdateStatus.State.COMPLETED;
        if (goesOn) {
            assertThat(swarm.running("web")).hasSize(of.replicas());
        }
        swarm.fate(task -> TaskState.RUNNING).newLeader().pass(Duration.ofMinutes(1));
        if (goesOn && of.restarts()) {
            assertThat(swarm.running("web")).hasSize(of.replicas()).allMatch(task -> isNew(swarm, task));
            assertThat(status(swarm).state()).isEqualTo(UpdateStatus.State.COMPLETED);
        }
    }

    @Property(tries = 40)
    void rollbackLeavesOldTasksThatRunAlone(@ForAll("cases") Case any) {
        Case of = any.withoutChange();
        Swarm swarm = created(of);
        Set<String> old = new HashSet<>();
        swarm.update("web", spec -> Swarm.withImage(spec, "nginx:2")).pass(Duration.ofSeconds(1));
        swarm.running("web").stream().filter(task -> !isNew(swarm, task)).forEach(task -> old.add(task.id()));
        boolean under = status(swarm).state() == UpdateStatus.State.UPDATING;
        if (!under) {
            return;
        }
        swarm.rollback("web").pass(Duration.ofMinutes(5));

        assertThat(swarm.running("web")).hasSize(of.replicas()).noneMatch(task -> isNew(swarm, task));
        assertThat(swarm.running("web")).extracting(Task::id).containsAll(old);
    }
}
