package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.schema.CronStatus;
import io.flotilla.bus.schema.CronStatus.Decision;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.cron.CronInvalid;
import io.flotilla.manager.orchestrator.cron.CronRules;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The swarm's time begins at midnight, UTC. */
class CronTest {
    private static final String JOB = "job";

    private final Swarm swarm = Swarm.withNodes(2);

    private static ServiceSpec scheduled(String schedule, String... more) {
        Map<String, String> labels = new HashMap<>(Map.of(CronRules.SCHEDULE, schedule));
        for (int i = 0; i < more.length; i += 2) {
            labels.put(more[i], more[i + 1]);
        }
        return Swarm.replicatedJob(JOB, 1, 1).withLabels(labels);
    }

    private CronStatus cron() {
        return Objects.requireNonNull(swarm.service(JOB).cronStatus());
    }

    private long executions() {
        return JobIterations.number(Objects.requireNonNull(swarm.service(JOB).jobStatus()));
    }

    private static Instant at(String time) {
        return Instant.parse("2026-01-01T" + time + ":00Z");
    }

    private Swarm endAll() {
        swarm.running(JOB).forEach(task -> swarm.end(task, TaskState.COMPLETE));
        return swarm.settle();
    }

    @Test
    void jobIsExecutedAtItsTimesAndNotWhenItIsCreatedOrChanged() {
        swarm.create(scheduled("*/10 * * * *")).settle();
        assertThat(swarm.tasks(JOB)).isEmpty();
        assertThat(cron().next()).isEqualTo(at("00:10"));

        swarm.pass(Duration.ofMinutes(9)).update(JOB, spec -> Swarm.withImage(spec, "nginx:2"));
        assertThat(swarm.tasks(JOB)).isEmpty();
        swarm.pass(Duration.ofMinutes(1));
        assertThat(swarm.running(JOB)).extracting(swarm::image).containsExactly("nginx:2");
        assertThat(cron()).isEqualTo(new CronStatus("*/10 * * * *", "Z", at("00:10"), Decision.STARTED, at("00:20")));

        endAll();
        swarm.pass(Duration.ofMinutes(10));
        assertThat(swarm.running(JOB)).hasSize(1);
        assertThat(executions()).isEqualTo(2);
    }

    @Test
    void forcedUpdateExecutesTheJobNow() {
        swarm.create(scheduled("@daily"))
                .update(
                        JOB,
                        spec -> spec.withTaskTemplate(
                                Objects.requireNonNull(spec.taskTemplate()).withForceUpdate(1L)))
                .settle();

        assertThat(swarm.running(JOB)).hasSize(1);
        assertThat(cron().lastDue()).isNull();
    }

    @Test
    void timeIsSkippedWhileTheExecutionBeforeGoesOn() {
        swarm.create(scheduled("*/10 * * * *")).pass(Duration.ofMinutes(20));
        assertThat(executions()).isEqualTo(1);
        assertThat(cron().lastDecision()).isEqualTo(Decision.SKIPPED);

        endAll();
        swarm.pass(Duration.ofMinutes(9));
        assertThat(executions()).isEqualTo(1);
        swarm.pass(Duration.ofMinutes(1));
        assertThat(executions()).isEqualTo(2);
    }

    @Test
    void executionBeforeIsReplaced() {
        swarm.create(scheduled("*/10 * * * *", CronRules.OVERLAP, "replace")).pass(Duration.ofMinutes(10));
        Task first = swarm.running(JOB).getFirst();
        swarm.pass(Duration.ofMinutes(10));

        assertThat(swarm.running(JOB)).hasSize(1).extracting(Task::id).doesNotContain(first.id());
        assertThat(swarm.state().task(first.id())).isEmpty();
    }

    @Test
    void oneExecutionWaitsForTheOneBefore() {
        swarm.create(scheduled("*/10 * * * *", CronRules.OVERLAP, "queue")).pass(Duration.ofMinutes(30));
        assertThat(cron().lastDecision()).isEqualTo(Decision.QUEUED);
        assertThat(executions()).isEqualTo(1);

        swarm.newLeader();
        endAll();
        assertThat(executions()).isEqualTo(2);
        assertThat(cron().lastDecision()).isEqualTo(Decision.STARTED);
        endAll();
        swarm.pass(Duration.ofMinutes(9));
        assertThat(executions()).isEqualTo(2);
    }

    @Test
    void latestOfTheTimesNobodyWasThereForIsMadeUpForOnce() {
        swarm.create(scheduled("*/10 * * * *")).settle();
        swarm.away(Duration.ofMinutes(35)).newLeader();

        assertThat(executions()).isEqualTo(1);
        assertThat(cron().lastDue()).isEqualTo(at("00:30"));
        assertThat(cron().next()).isEqualTo(at("00:40"));
    }

    @Test
    void timeThatIsTooLongAgoIsMissed() {
        swarm.create(scheduled("@daily", CronRules.MISSED, "15m"));
        swarm.away(Duration.ofHours(24).plusMinutes(16)).newLeader();

        assertThat(executions()).isZero();
        assertThat(cron().lastDecision()).isEqualTo(Decision.MISSED);
        assertThat(cron().next()).isEqualTo(Instant.parse("2026-01-03T00:00:00Z"));
    }

    @Test
    void otherScheduleBeginsAnew() {
        swarm.create(scheduled("*/10 * * * *")).pass(Duration.ofMinutes(10));
        swarm.update(JOB, spec -> scheduled("0 6 * * *", CronRules.ZONE, "Europe/Berlin"));
        assertThat(cron()).isEqualTo(new CronStatus("0 6 * * *", "Europe/Berlin", null, null, at("05:00")));

        swarm.update(JOB, spec -> spec.withLabels(Map.of()));
        assertThat(swarm.service(JOB).cronStatus()).isNull();
        assertThat(executions())
                .as("a job without a schedule is executed by its change")
                .isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "flotilla.cron.schedule=x        | label flotilla.cron.schedule: \"x\" has 1 fields",
                "flotilla.cron.schedule=0 0 30 2 * | label flotilla.cron.schedule: \"0 0 30 2 *\" never comes",
                "flotilla.cron.zone=UTC          | label flotilla.cron.zone needs the label flotilla.cron.schedule",
                "flotilla.cron.zone=Nowhere      | label flotilla.cron.zone: \"Nowhere\" is no time zone",
                "flotilla.cron.overlap=allow     | label flotilla.cron.overlap: \"allow\" is none of skip, replace, queue",
                "flotilla.cron.missed=8d         | label flotilla.cron.missed: \"8d\" is more than 7d",
                "flotilla.cron.missed=soon       | label flotilla.cron.missed: \"soon\" is no duration",
                "flotilla.cron.shedule=@daily    | label flotilla.cron.shedule is unknown",
            })
    void labelThatCanNotBeFollowedIsRefused(String label, String message) {
        String[] parts = label.split("=", 2);
        boolean alone = message.contains("needs");
        Map<String, String> labels = new HashMap<>(alone ? Map.of() : Map.of(CronRules.SCHEDULE, "@daily"));
        labels.put(parts[0], parts[1]);

        assertThatThrownBy(() -> CronRules.of(Swarm.replicatedJob(JOB, 1, 1).withLabels(labels)))
                .isInstanceOf(CronInvalid.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void onlyAJobHasASchedule() {
        assertThatThrownBy(
                        () -> CronRules.of(Swarm.replicated("web", 1).withLabels(Map.of(CronRules.SCHEDULE, "@daily"))))
                .hasMessage("label flotilla.cron.schedule needs a service in mode replicated-job or global-job");
    }

    /** Leaders come and go, sometimes none is there for less than the window for missed times. */
    @Tag("long")
    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void everyTimeIsDecidedOnOnce(@ForAll long seed) {
        Swarm storm = Swarm.withNodes(1);
        Random random = new Random(seed);
        List<Instant> decided = new ArrayList<>();
        List<Instant> started = new ArrayList<>();
        storm.fate(task -> TaskState.COMPLETE).afterEveryTurn(now -> now.state()
                .service(JOB)
                .map(service -> service.cronStatus())
                .filter(cron -> cron.lastDue() != null)
                .filter(cron -> decided.isEmpty() || !decided.getLast().equals(cron.lastDue()))
                .ifPresent(cron -> {
                    decided.add(cron.lastDue());
                    if (cron.lastDecision() == Decision.STARTED) {
                        started.add(cron.lastDue());
                    }
                }));
        storm.create(scheduled("*/10 * * * *")).settle();
        for (int step = 0; step < 60; step++) {
            switch (random.nextInt(3)) {
                case 0 -> storm.newLeader();
                case 1 -> storm.away(Duration.ofSeconds(random.nextInt(599))).newLeader();
                default -> storm.pass(Duration.ofSeconds(random.nextInt(900)));
            }
        }
        List<Instant> all = new ArrayList<>();
        for (Instant due = at("00:10"); !due.isAfter(storm.now()); due = due.plus(Duration.ofMinutes(10))) {
            all.add(due);
        }
        assertThat(decided).isEqualTo(all);
        assertThat(JobIterations.number(
                        Objects.requireNonNull(storm.service(JOB).jobStatus())))
                .isEqualTo(started.size());
    }
}
