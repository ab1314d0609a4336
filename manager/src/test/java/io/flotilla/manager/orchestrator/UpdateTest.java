package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.UpdateConfig;
import io.flotilla.bus.schema.UpdateConfigBuilder;
import io.flotilla.bus.schema.UpdateStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class UpdateTest {
    private final Swarm swarm = Swarm.withNodes(2);

    private static UnaryOperator<ServiceSpec> image(String image) {
        return spec -> Swarm.withImage(spec, image);
    }

    private Swarm created(long replicas, UnaryOperator<UpdateConfigBuilder> config) {
        UpdateConfig update =
                config.apply(UpdateConfigBuilder.builder().parallelism(1L)).build();
        return swarm.create(Swarm.replicated("web", replicas).withUpdateConfig(update))
                .settle();
    }

    private List<String> images() {
        return swarm.running("web").stream()
                .map(task -> String.valueOf(swarm.image(task)))
                .toList();
    }

    private UpdateStatus status() {
        return Objects.requireNonNull(swarm.service("web").updateStatus());
    }

    /** Fails tasks with this image as they start. */
    private void broken(String image) {
        swarm.fate(task -> image.equals(swarm.image(task)) ? TaskState.FAILED : TaskState.RUNNING);
    }

    @Test
    void updateReplacesEveryTaskAndCompletesOnceTheLastOneProvedStable() {
        created(3, config -> config).update("web", image("nginx:2")).settle();

        assertThat(images()).containsOnly("nginx:2").hasSize(3);
        assertThat(status().state()).isEqualTo(UpdateStatus.State.UPDATING);
        assertThat(status().message()).isEqualTo("update in progress");

        swarm.pass(Duration.ofSeconds(5));
        assertThat(status().state()).isEqualTo(UpdateStatus.State.COMPLETED);
        assertThat(status().message()).isEqualTo("update completed");
    }

    private static ServiceSpec nowhere(ServiceSpec spec) {
        return Swarm.withImage(spec, "nginx:2")
                .withTaskTemplate(
                        Objects.requireNonNull(Swarm.withImage(spec, "nginx:2").taskTemplate())
                                .withResources(new ResourceRequirements(
                                        null, new ResourceObject(100_000_000_000L, 0L, List.of()), null, null)));
    }

    @Test
    void updateWhoseTaskNoNodeTakesPausesWithTheReason() {
        created(3, config -> config.order(UpdateConfig.Order.START_FIRST))
                .update("web", UpdateTest::nowhere)
                .pass(Duration.ofMinutes(5));
        assertThat(status().state()).isEqualTo(UpdateStatus.State.UPDATING);

        swarm.newLeader().pass(Duration.ofMinutes(5));
        assertThat(status().state()).isEqualTo(UpdateStatus.State.PAUSED);
        assertThat(status().message())
                .matches("update paused because no node took task \\w+ for 10m: no suitable node \\(.*");
        assertThat(images()).containsOnly("nginx:1").hasSize(3);
    }

    @Test
    void updateWhoseTaskNoNodeTakesIsRolledBackAndEnds() {
        created(2, config -> config.failureAction(UpdateConfig.FailureAction.ROLLBACK))
                .update("web", UpdateTest::nowhere)
                .pass(Duration.ofMinutes(11));
        assertThat(status().state()).isEqualTo(UpdateStatus.State.ROLLBACK_COMPLETED);
        assertThat(images()).containsOnly("nginx:1").hasSize(2);
    }

    @Test
    void updateThatIsToGoOnWhateverHappensGoesOnWithoutANode() {
        created(2, config -> config.failureAction(UpdateConfig.FailureAction.CONTINUE))
                .update("web", UpdateTest::nowhere)
                .pass(Duration.ofMinutes(21));
        assertThat(status().state()).isEqualTo(UpdateStatus.State.COMPLETED);
        assertThat(images()).isEmpty();
    }

    @Test
    void startFirstUpdateThatIsToGoOnWhateverHappensEndsWithTheOldTasksAndReplacesThemWhenThereIsANode() {
        created(2, config -> config.failureAction(UpdateConfig.FailureAction.CONTINUE)
                        .order(UpdateConfig.Order.START_FIRST))
                .update("web", UpdateTest::nowhere)
                .pass(Duration.ofMinutes(19));
        assertThat(status().state()).isEqualTo(UpdateStatus.State.UPDATING);

        swarm.newLeader().pass(Duration.ofMinutes(2));
        assertThat(status().state()).isEqualTo(UpdateStatus.State.COMPLETED);
        assertThat(images()).containsOnly("nginx:1").hasSize(2);
        swarm.newLeader().pass(Duration.ofMinutes(20));
        assertThat(status().state()).isEqualTo(UpdateStatus.State.COMPLETED);

        ResourceObject large = new ResourceObject(300_000_000_000L, 8L << 30, List.of());
        swarm.node(
                "large",
                node -> node.withDescription(
                        Objects.requireNonNull(node.description()).withResources(large)));
        swarm.pass(Duration.ofMinutes(1));
        assertThat(status().state()).isEqualTo(UpdateStatus.State.COMPLETED);
        assertThat(images()).containsOnly("nginx:2").hasSize(2);
    }

    /** Rolls back to a spec whose tasks no node takes, while one of them still waits beside the old one of its slot. */
    private void rolledBackToNowhere(UpdateConfig.FailureAction then) {
        UpdateConfig rollback = UpdateConfigBuilder.builder()
                .order(UpdateConfig.Order.START_FIRST)
                .failureAction(then)
                .maxFailureRatio(0.5)
                .build();
        created(2, config -> config.parallelism(0L).order(UpdateConfig.Order.START_FIRST));
        broken("nginx:3");
        swarm.update("web", spec -> nowhere(spec).withRollbackConfig(rollback))
                .pass(Duration.ofMinutes(9))
                .update("web", spec -> withoutResources(Swarm.withImage(spec, "nginx:3"))
                        .withUpdateConfig(UpdateConfigBuilder.builder()
                                .parallelism(1L)
                                .failureAction(UpdateConfig.FailureAction.ROLLBACK)
                                .order(UpdateConfig.Order.START_FIRST)
                                .build()))
                .pass(Duration.ofMinutes(9));
        assertThat(status().state()).isEqualTo(UpdateStatus.State.ROLLBACK_STARTED);
        swarm.pass(Duration.ofMinutes(2));
    }

    private static ServiceSpec withoutResources(ServiceSpec spec) {
        return spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate()).withResources(null));
    }

    @Test
    void rollbackToATaskThatStillWaitsForANodePausesWithTheReason() {
        rolledBackToNowhere(UpdateConfig.FailureAction.PAUSE);
        assertThat(status().state()).isEqualTo(UpdateStatus.State.ROLLBACK_PAUSED);
        assertThat(status().message())
                .matches("rollback paused because no node took task \\w+ for 10m: no suitable node \\(.*");
        assertThat(images()).contains("nginx:1");
    }

    @Test
    void rollbackThatIsToGoOnEndsWithTheOldTaskAndReplacesItWhenThereIsANodeForTheOneThatWaits() {
        rolledBackToNowhere(UpdateConfig.FailureAction.CONTINUE);
        assertThat(status().state()).isEqualTo(UpdateStatus.State.ROLLBACK_COMPLETED);
        assertThat(images()).contains("nginx:1");
        swarm.newLeader().pass(Duration.ofMinutes(1));
        assertThat(status().state()).isEqualTo(UpdateStatus.State.ROLLBACK_COMPLETED);

        ResourceObject large = new ResourceObject(300_000_000_000L, 8L << 30, List.of());
        swarm.node(
                "large",
                node -> node.withDescription(
                        Objects.requireNonNull(node.description()).withResources(large)));
        swarm.pass(Duration.ofMinutes(1));
        assertThat(images()).containsOnly("nginx:2").hasSize(2);
    }

    @Test
    void neverMoreSlotsAreOutAtATimeThanTheParallelism() {
        created(6, config -> config.parallelism(2L));
        swarm.afterEveryTurn(now -> assertThat(now.running("web")).hasSizeGreaterThanOrEqualTo(4));
        swarm.update("web", image("nginx:2")).pass(Duration.ofMinutes(1));

        assertThat(images()).hasSize(6).containsOnly("nginx:2");
    }

    @Test
    void nextSlotWaitsForTheDelay() {
        created(3, config -> config.delay(Duration.ofSeconds(10).toNanos()))
                .update("web", image("nginx:2"))
                .pass(Duration.ofMillis(9999));
        assertThat(images()).containsExactly("nginx:2", "nginx:1", "nginx:1");

        swarm.pass(Duration.ofMillis(1)).newLeader().pass(Duration.ofMillis(9999));
        assertThat(images()).containsExactly("nginx:2", "nginx:2", "nginx:1");
        swarm.pass(Duration.ofMillis(1));
        assertThat(images()).containsOnly("nginx:2");
    }

    @Test
    void startFirstKeepsTheOldTaskUntilTheNewOneRuns() {
        created(3, config -> config.order(UpdateConfig.Order.START_FIRST));
        swarm.afterEveryTurn(now -> {
            Set<Long> served = new TreeSet<>();
            now.running("web").forEach(task -> served.add(Objects.requireNonNull(task.slot())));
            assertThat(served).hasSize(3);
        });
        swarm.update("web", image("nginx:2")).pass(Duration.ofMinutes(1));

        assertThat(images()).hasSize(3).containsOnly("nginx:2");
    }

    @Test
    void stopFirstNeverRunsTwoTasksOfASlot() {
        created(3, config -> config.parallelism(0L));
        swarm.afterEveryTurn(now -> assertThat(now.tasks("web"))
                .filteredOn(task -> task.state() == TaskState.RUNNING)
                .extracting(Task::slot)
                .doesNotHaveDuplicates());
        swarm.update("web", image("nginx:2")).pass(Duration.ofMinutes(1));

        assertThat(images()).hasSize(3).containsOnly("nginx:2");
    }

    @Test
    void changesOfLabelsAndScaleReplaceNothing() {
        created(3, config -> config);
        List<Task> before = swarm.running("web");
        swarm.update("web", spec -> spec.withLabels(Map.of("team", "a")))
                .scale("web", 4)
                .pass(Duration.ofMinutes(1));

        assertThat(swarm.running("web")).containsAll(before);
        assertThat(swarm.service("web").updateStatus()).isNull();
    }

    @Test
    void forcedUpdateReplacesAllThoughNothingChanged() {
        created(2, config -> config);
        List<Task> before = swarm.running("web");
        swarm.update(
                        "web",
                        spec -> spec.withTaskTemplate(
                                Objects.requireNonNull(spec.taskTemplate()).withForceUpdate(1L)))
                .pass(Duration.ofMinutes(1));

        assertThat(swarm.running("web")).hasSize(2).doesNotContainAnyElementsOf(before);
    }

    @Test
    void failingUpdateIsPausedAndNamesTheTask() {
        created(3, config -> config);
        broken("nginx:2");
        swarm.update("web", image("nginx:2")).pass(Duration.ofMinutes(1));

        assertThat(status().state()).isEqualTo(UpdateStatus.State.PAUSED);
        assertThat(status().message()).startsWith("update paused due to failure or early termination of task ");
        assertThat(images()).containsExactly("nginx:1", "nginx:1");
    }

    @Test
    void taskThatFailsWhileItIsMonitoredCountsAsAFailure() {
        created(1, config -> config).update("web", image("nginx:2")).pass(Duration.ofSeconds(4));
        swarm.end(swarm.running("web").getFirst(), TaskState.FAILED);

        assertThat(status().state()).isEqualTo(UpdateStatus.State.PAUSED);
    }

    @Test
    void failureRatioIsTolerated() {
        created(4, config -> config.maxFailureRatio(0.5));
        swarm.update("web", image("nginx:2")).settle();
        swarm.end(swarm.running("web").getFirst(), TaskState.FAILED).pass(Duration.ofMinutes(1));

        assertThat(status().state()).isEqualTo(UpdateStatus.State.COMPLETED);
        assertThat(images()).hasSize(4);
    }

    @Test
    void failureActionContinueGoesOnWhateverHappens() {
        created(2, config -> config.failureAction(UpdateConfig.FailureAction.CONTINUE));
        broken("nginx:2");
        swarm.update("web", image("nginx:2")).pass(Duration.ofMinutes(2));

        assertThat(images()).isEmpty();
        assertThat(status().state()).isEqualTo(UpdateStatus.State.COMPLETED);
    }

    @Test
    void failingUpdateRollsBackToWhatRanBefore() {
        created(3, config -> config.failureAction(UpdateConfig.FailureAction.ROLLBACK));
        List<Task> before = swarm.running("web");
        broken("nginx:2");
        swarm.update("web", image("nginx:2")).pass(Duration.ofMinutes(1));

        assertThat(status().state()).isEqualTo(UpdateStatus.State.ROLLBACK_COMPLETED);
        assertThat(status().message()).isEqualTo("rollback completed");
        assertThat(images()).hasSize(3).containsOnly("nginx:1");
        assertThat(swarm.running("web")).containsAll(before.subList(1, 3));
        assertThat(swarm.service("web").previousSpec()).isNull();
    }

    private static ServiceSpec published(ServiceSpec spec, long port) {
        PortConfig config = new PortConfig(null, PortConfig.Protocol.TCP, 80L, port, PortConfig.PublishMode.INGRESS);
        return spec.withEndpointSpec(new EndpointSpec(null, List.of(config)));
    }

    @Test
    void failingUpdateIsPausedWhenSomeoneElseHasWhatItGaveUp() {
        created(1, config -> config.failureAction(UpdateConfig.FailureAction.ROLLBACK))
                .update("web", spec -> published(spec, 8080))
                .pass(Duration.ofMinutes(1));
        broken("nginx:2");
        swarm.update("web", spec -> Swarm.withImage(published(spec, 8081), "nginx:2"))
                .create(published(Swarm.replicated("other", 1), 8080))
                .pass(Duration.ofMinutes(1));

        assertThat(status().state()).isEqualTo(UpdateStatus.State.PAUSED);
        assertThat(status().message())
                .contains("; it can't be rolled back: port '8080' is already in use by service 'other'");
    }

    @Test
    void failingRollbackIsPaused() {
        created(2, config -> config).update("web", image("nginx:2")).pass(Duration.ofMinutes(1));
        broken("nginx:1");
        swarm.rollback("web").pass(Duration.ofMinutes(1));

        assertThat(status().state()).isEqualTo(UpdateStatus.State.ROLLBACK_PAUSED);
        assertThat(status().message()).startsWith("rollback paused due to failure or early termination of task ");
    }

    @Test
    void rollingBackTwiceGoesForwardAgain() {
        created(2, config -> config).update("web", image("nginx:2")).pass(Duration.ofMinutes(1));
        swarm.rollback("web").settle();
        assertThat(status().message()).isEqualTo("manually requested rollback");
        swarm.pass(Duration.ofMinutes(1));
        assertThat(images()).containsOnly("nginx:1");

        swarm.rollback("web").pass(Duration.ofMinutes(1));
        assertThat(images()).containsOnly("nginx:2");
    }

    @Test
    void serviceChangedAgainDuringItsUpdateEndsAtTheLastSpec() {
        created(3, config -> config.delay(Duration.ofSeconds(10).toNanos()))
                .update("web", image("nginx:2"))
                .pass(Duration.ofSeconds(11))
                .update("web", image("nginx:3"))
                .pass(Duration.ofMinutes(2));

        assertThat(images()).hasSize(3).containsOnly("nginx:3");
        assertThat(status().state()).isEqualTo(UpdateStatus.State.COMPLETED);
    }

    @Test
    void slotScaledAwayWhileItWasUpdatedHoldsNothingUpThoughItsNodeGoesDown() {
        swarm.node("node3", node -> node).node("free", node -> node);
        created(3, config -> config).update("web", image("nginx:2"));
        Task updated = swarm.tasks("web").stream()
                .filter(task -> "nginx:2".equals(swarm.image(task)))
                .findFirst()
                .orElseThrow();
        assertThat(updated.nodeId()).isEqualTo("free");
        swarm.scale("web", 2).nodeState("free", NodeState.DOWN);

        swarm.pass(Duration.ofMinutes(1));
        assertThat(images()).containsOnly("nginx:2").hasSize(2);
        assertThat(status().state()).isEqualTo(UpdateStatus.State.COMPLETED);
    }

    @Test
    void updateFinishesUnderAnotherLeader() {
        created(3, config -> config).update("web", image("nginx:2")).newLeader().pass(Duration.ofMinutes(1));

        assertThat(images()).hasSize(3).containsOnly("nginx:2");
        assertThat(status().state()).isEqualTo(UpdateStatus.State.COMPLETED);
    }

    @Test
    void constraintsThatTheNodesMeetReplaceNothing() {
        created(2, config -> config);
        List<Task> before = swarm.running("web");
        swarm.update("web", spec -> GlobalServiceTest.constrained(spec, "node.role==worker"))
                .pass(Duration.ofMinutes(1));
        assertThat(swarm.running("web")).isEqualTo(before);

        swarm.update("web", spec -> GlobalServiceTest.constrained(spec, "node.hostname==node2"))
                .pass(Duration.ofMinutes(1));
        assertThat(swarm.running("web")).hasSize(2).allMatch(task -> "node2".equals(task.nodeId()));
    }

    @Test
    void revisionsNobodyNeedsAreForgotten() {
        created(1, config -> config);
        for (int i = 2; i < 12; i++) {
            swarm.update("web", image("nginx:" + i)).pass(Duration.ofMinutes(1));
        }
        assertThat(swarm.state().revisions()).hasSize(5);
    }
}
