package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.Limit;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.ScaleDecision;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.autoscale.AutoscaleRules;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Services whose replicas follow what their tasks use. */
class AutoscaleTest {
    private static final long MIB = 1L << 20;

    private final Swarm swarm = Swarm.withNodes(2);

    private static ServiceSpec scaled(long replicas, String... labels) {
        Map<String, String> all = new HashMap<>(Map.of(
                AutoscaleRules.MIN,
                "2",
                AutoscaleRules.MAX,
                "8",
                AutoscaleRules.CPU,
                "50",
                AutoscaleRules.COOLDOWN,
                "1m"));
        for (int i = 0; i < labels.length; i += 2) {
            all.put(labels[i], labels[i + 1]);
        }
        return Swarm.replicated("web", replicas).withLabels(all);
    }

    private long replicas() {
        return ServiceModes.replicas(swarm.service("web"));
    }

    /** All tasks run with this load for a while. @param cpu of one processor */
    private void load(double cpu, long memoryBytes, Duration time) {
        for (long seconds = 0; seconds < time.toSeconds(); seconds += 5) {
            swarm.pass(Duration.ofSeconds(5));
            swarm.used(swarm.running("web").stream()
                    .map(task -> new Report.TasksUsed.Usage(task.id(), Math.round(cpu * 1e9), memoryBytes, null))
                    .toList());
            swarm.settle();
        }
    }

    private void load(double cpu, Duration time) {
        load(cpu, 0, time);
    }

    @Test
    void busyTasksGetMoreAndIdleOnesFewerWithinBounds() {
        swarm.create(scaled(2)).settle();
        load(1.0, Duration.ofSeconds(70));
        assertThat(replicas()).isEqualTo(4);
        assertThat(Objects.requireNonNull(swarm.service("web").scaleDecision()).reason())
                .isEqualTo("tasks use 100% CPU in the mean, the target is 50%");
        load(1.0, Duration.ofMinutes(5));
        assertThat(replicas()).isEqualTo(8);
        load(0.01, Duration.ofMinutes(10));
        assertThat(replicas()).isEqualTo(2);
    }

    @Test
    void nothingIsDecidedWithinTheCooldownOrNearTheTarget() {
        swarm.create(scaled(2)).settle();
        load(1.0, Duration.ofSeconds(55));
        assertThat(replicas()).isEqualTo(2);
        load(0.53, Duration.ofMinutes(10));
        assertThat(replicas()).isEqualTo(2);
        assertThat(swarm.service("web").scaleDecision()).isNull();
    }

    @Test
    void theNumberComesToRestUnderASteadyLoad() {
        swarm.create(scaled(2)).settle();
        // three processors of work in all, shared evenly
        for (int i = 0; i < 120; i++) {
            load(3.0 / swarm.running("web").size(), Duration.ofSeconds(5));
        }
        assertThat(replicas()).isEqualTo(6);
        ScaleDecision last = swarm.service("web").scaleDecision();
        for (int i = 0; i < 120; i++) {
            load(3.0 / swarm.running("web").size(), Duration.ofSeconds(5));
        }
        assertThat(swarm.service("web").scaleDecision()).isEqualTo(last);
    }

    @Test
    void aManualScaleWithinBoundsStaysUntilTheFiguresSayOtherwise() {
        swarm.create(scaled(2)).settle();
        load(0.5, Duration.ofMinutes(3));
        swarm.scale("web", 5).settle();
        load(0.5, Duration.ofMinutes(3));
        assertThat(replicas()).isEqualTo(5);

        swarm.scale("web", 20).settle();
        assertThat(replicas()).isEqualTo(8);
        swarm.scale("web", 1).settle();
        assertThat(replicas()).isEqualTo(2);
        swarm.scale("web", 0).settle();
        assertThat(replicas()).isZero();
    }

    @Test
    void silenceOrATaskThatDoesNotRunDecidesNothing() {
        swarm.create(scaled(4)).settle();
        load(0.0, Duration.ofSeconds(40));
        swarm.pass(Duration.ofMinutes(10));
        assertThat(replicas()).isEqualTo(4);

        swarm.fate(task -> TaskState.STARTING);
        swarm.end(swarm.running("web").getFirst(), TaskState.FAILED).pass(Duration.ofSeconds(10));
        load(0.0, Duration.ofMinutes(5));
        assertThat(replicas()).isEqualTo(4);
    }

    @Test
    void memoryCountsAgainstTheLimit() {
        ServiceSpec spec = scaled(2, AutoscaleRules.MEMORY, "50");
        var template = Objects.requireNonNull(spec.taskTemplate());
        swarm.create(spec.withTaskTemplate(template.withResources(
                        new ResourceRequirements(new Limit(null, 100 * MIB, null), null, null, null))))
                .settle();
        load(0.01, 75 * MIB, Duration.ofSeconds(70));
        assertThat(replicas()).isEqualTo(3);
        assertThat(Objects.requireNonNull(swarm.service("web").scaleDecision()).reason())
                .isEqualTo("tasks use 75% memory in the mean, the target is 50%");
    }

    private static ServiceSpec published(ServiceSpec spec) {
        return spec.withEndpointSpec(new EndpointSpec(
                null,
                List.of(new PortConfig(null, PortConfig.Protocol.TCP, 80L, 8080L, PortConfig.PublishMode.INGRESS))));
    }

    private static ServiceSpec byRequests(long replicas, String... labels) {
        ServiceSpec spec = published(scaled(replicas, labels));
        Map<String, String> all = new HashMap<>(spec.labels());
        all.remove(AutoscaleRules.CPU);
        all.putIfAbsent(AutoscaleRules.REQUESTS, "50");
        return spec.withLabels(all);
    }

    /** So many new connections per second to the service, shared evenly. */
    private void connections(double perSecond, Duration time) {
        for (long seconds = 0; seconds < time.toSeconds(); seconds += 5) {
            swarm.pass(Duration.ofSeconds(5));
            List<Task> running = swarm.running("web");
            swarm.used(running.stream()
                    .map(task -> new Report.TasksUsed.Usage(task.id(), 0, 0, perSecond / running.size()))
                    .toList());
            swarm.settle();
        }
    }

    private String reason() {
        return Objects.requireNonNull(swarm.service("web").scaleDecision()).reason();
    }

    @Test
    void connectionsBringTasksAndTheirEndTakesThemAway() {
        swarm.create(byRequests(2)).settle();
        connections(240, Duration.ofSeconds(70));
        assertThat(replicas()).isEqualTo(4);
        assertThat(reason()).isEqualTo("tasks get 120 connections/s in the mean, the target is 50");
        connections(240, Duration.ofMinutes(5));
        assertThat(replicas()).isEqualTo(5);
        connections(17, Duration.ofSeconds(30));
        assertThat(reason()).isEqualTo("tasks get 3.4 connections/s in the mean, the target is 50");
        connections(0, Duration.ofMinutes(5));
        assertThat(replicas()).isEqualTo(2);
        assertThat(reason()).isEqualTo("tasks get 0 connections/s in the mean, the target is 50");
    }

    @Test
    void aTaskWhoseConnectionsAreNotCountedDecidesNothing() {
        swarm.create(byRequests(4)).settle();
        // as a node of an earlier version reports
        load(0.0, Duration.ofMinutes(5));
        assertThat(replicas()).isEqualTo(4);
        assertThat(swarm.service("web").scaleDecision()).isNull();
    }

    @Test
    void ofSeveralTargetsTheOneThatAsksForMoreDecides() {
        swarm.create(published(scaled(2, AutoscaleRules.REQUESTS, "50"))).settle();
        for (long seconds = 0; seconds < 70; seconds += 5) {
            swarm.pass(Duration.ofSeconds(5));
            swarm.used(swarm.running("web").stream()
                    .map(task -> new Report.TasksUsed.Usage(task.id(), 600_000_000, 0, 75.0))
                    .toList());
            swarm.settle();
        }
        assertThat(replicas()).isEqualTo(3);
        assertThat(reason()).isEqualTo("tasks get 75 connections/s in the mean, the target is 50");
        load(1.0, Duration.ofMinutes(2));
        assertThat(replicas()).as("connections that were not counted").isEqualTo(3);
    }

    @Test
    void aRollbackDoesNotUndoADecision() {
        swarm.create(scaled(2)).settle();
        swarm.update("web", spec -> Swarm.withImage(spec, "nginx:2")).pass(Duration.ofMinutes(1));
        load(1.0, Duration.ofSeconds(30));
        assertThat(replicas()).isEqualTo(4);
        assertThat(Optional.ofNullable(swarm.service("web").previousSpec())
                        .map(spec -> ServiceModes.replicas(swarm.service("web").withSpec(spec))))
                .contains(2L);
        assertThat(swarm.running("web").stream().map(Task::specVersion).distinct())
                .hasSize(1);
    }

    @Test
    void wrongLabelsAreNamed() {
        Map<ServiceSpec, String> wrong = new HashMap<>();
        wrong.put(
                scaled(1, AutoscaleRules.MAX, "0"),
                "label flotilla.autoscale.max is \"0\": must be a whole number, 1 to 20000");
        wrong.put(
                scaled(1, AutoscaleRules.MIN, "9"),
                "label flotilla.autoscale.min is \"9\": must be a whole number, 1 to 8");
        wrong.put(
                scaled(1, AutoscaleRules.CPU, "x"),
                "label flotilla.autoscale.cpu is \"x\": must be a whole number, 1 to 1000");
        wrong.put(
                scaled(1, AutoscaleRules.COOLDOWN, "soon"),
                "label flotilla.autoscale.cooldown is \"soon\": must be a duration such as 90s or 5m");
        wrong.put(
                scaled(1, AutoscaleRules.MEMORY, "50"),
                "label flotilla.autoscale.memory needs a memory limit: it is a percentage of it");
        wrong.put(
                scaled(1, "flotilla.autoscale.maximum", "5"),
                "label flotilla.autoscale.maximum is not known: there are min, max, cpu, memory, requests and cooldown");
        wrong.put(
                byRequests(1).withEndpointSpec(null),
                "label flotilla.autoscale.requests needs a published port: what is counted are the connections to it");
        for (String wish : List.of("0", "2.5", "-1", "1000001", "")) {
            wrong.put(
                    byRequests(1, AutoscaleRules.REQUESTS, wish),
                    "label flotilla.autoscale.requests is \"" + wish + "\": must be a whole number, 1 to 1000000");
        }
        wrong.put(
                Swarm.global("web").withLabels(Map.of(AutoscaleRules.MAX, "3")),
                "labels flotilla.autoscale.*: only replicated services can be scaled");
        wrong.put(
                Swarm.replicated("web", 1).withLabels(Map.of(AutoscaleRules.MAX, "3")),
                "labels flotilla.autoscale.*: one of flotilla.autoscale.cpu, flotilla.autoscale.memory and"
                        + " flotilla.autoscale.requests is needed");
        wrong.forEach(
                (spec, problem) -> assertThat(AutoscaleRules.malformed(spec)).contains(problem));
        assertThat(List.of(scaled(1), byRequests(1), Swarm.replicated("web", 1)))
                .allMatch(spec -> AutoscaleRules.malformed(spec).isEmpty());
    }
}
