package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateConfig;
import io.flotilla.bus.schema.UpdateConfigBuilder;
import io.flotilla.bus.schema.UpdateStatus;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** How updates end whose tasks fail, wait or come up late. */
class UpdateOutcomeTest {
    private final Swarm swarm = Swarm.withNodes(2);

    private void updating(long replicas, UnaryOperator<UpdateConfigBuilder> config) {
        UpdateConfig update =
                config.apply(UpdateConfigBuilder.builder().parallelism(1L)).build();
        swarm.create(Swarm.replicated("web", replicas).withUpdateConfig(update))
                .settle()
                .update("web", spec -> Swarm.withImage(spec, "nginx:2"));
    }

    private List<String> images() {
        return swarm.running("web").stream()
                .map(task -> String.valueOf(swarm.image(task)))
                .toList();
    }

    private UpdateStatus.State state() {
        return Objects.requireNonNull(
                Objects.requireNonNull(swarm.service("web").updateStatus()).state());
    }

    private void broken() {
        swarm.fate(task -> "nginx:2".equals(swarm.image(task)) ? TaskState.FAILED : TaskState.RUNNING);
    }

    @Test
    void theOldTaskServesUntilTheNewOneRunsAtLastThoughTheUpdateIsOver() {
        broken();
        updating(1, config -> config.order(UpdateConfig.Order.START_FIRST)
                .failureAction(UpdateConfig.FailureAction.CONTINUE));
        swarm.pass(Duration.ofMinutes(2));
        assertThat(state()).isEqualTo(UpdateStatus.State.COMPLETED);
        assertThat(images()).containsExactly("nginx:1");

        swarm.fate(task -> TaskState.RUNNING).pass(Duration.ofSeconds(10));
        assertThat(images()).containsExactly("nginx:2");
        assertThat(state()).isEqualTo(UpdateStatus.State.COMPLETED);
    }

    @Test
    void asManyFailuresAsTheRatioSaysAreTolerated() {
        updating(4, config -> config.maxFailureRatio(0.5).parallelism(4L));
        swarm.settle();
        List<Task> made = swarm.running("web");
        swarm.end(made.get(0), TaskState.FAILED).end(made.get(1), TaskState.FAILED);
        assertThat(state()).isEqualTo(UpdateStatus.State.UPDATING);
        swarm.end(made.get(2), TaskState.FAILED);
        assertThat(state()).isEqualTo(UpdateStatus.State.PAUSED);
    }

    /** The first of the new ones, monitored for 30 s; the second comes minutes later. */
    private Task firstMonitored() {
        updating(2, config -> config.monitor(Duration.ofSeconds(30).toNanos())
                .delay(Duration.ofMinutes(5).toNanos()));
        swarm.settle();
        return swarm.running("web").stream()
                .filter(task -> "nginx:2".equals(swarm.image(task)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aTaskIsMonitoredFromWhenItRanOn() {
        Task first = firstMonitored();
        swarm.pass(Duration.ofSeconds(31)).end(first, TaskState.FAILED);
        assertThat(state()).isEqualTo(UpdateStatus.State.UPDATING);
    }

    @Test
    void aFailureWithinItsMonitorStopsTheUpdateUnderAnyLeader() {
        Task first = firstMonitored();
        swarm.pass(Duration.ofSeconds(20))
                .newLeader()
                .pass(Duration.ofSeconds(10))
                .end(first, TaskState.FAILED);
        assertThat(state()).isEqualTo(UpdateStatus.State.PAUSED);
    }

    @Test
    void startingFirstANewTaskStandsInAtOnceForOneThatDoesNotRun() {
        swarm.availability("node1", NodeSpec.Availability.PAUSE).availability("node2", NodeSpec.Availability.PAUSE);
        updating(1, config -> config.order(UpdateConfig.Order.START_FIRST));
        swarm.availability("node1", NodeSpec.Availability.ACTIVE).pass(Duration.ofMinutes(1));
        assertThat(images()).containsExactly("nginx:2");
        assertThat(state()).isEqualTo(UpdateStatus.State.COMPLETED);
        assertThat(swarm.tasks("web"))
                .filteredOn(task -> "nginx:1".equals(swarm.image(task)))
                .allMatch(task -> task.nodeId() == null);
    }
}
