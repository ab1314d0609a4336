package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.ServiceRestartPolicyBuilder;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.time.Duration;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RestartTest {
    private final Swarm swarm = Swarm.withNodes(2);

    private static ServiceSpec restarting(
            UnaryOperator<ServiceRestartPolicyBuilder> policy, ServiceRestartPolicy.Condition condition) {
        ServiceSpec spec = Swarm.replicated("web", 1);
        return spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                .withRestartPolicy(
                        policy.apply(ServiceRestartPolicyBuilder.builder().condition(condition))
                                .build()));
    }

    private Task only() {
        assertThat(swarm.running("web")).hasSize(1);
        return swarm.running("web").getFirst();
    }

    private static long nanos(Duration duration) {
        return duration.toNanos();
    }

    @Test
    void failedTaskIsReplacedInItsSlotAfterFiveSeconds() {
        swarm.create(Swarm.replicated("web", 1)).settle();
        Task first = only();
        swarm.end(first, TaskState.FAILED).pass(Duration.ofMillis(4999));

        assertThat(swarm.running("web")).isEmpty();
        assertThat(swarm.tasks("web").getLast().state()).isEqualTo(TaskState.READY);

        swarm.pass(Duration.ofMillis(1));
        assertThat(only().slot()).isEqualTo(first.slot());
        assertThat(only().id()).isNotEqualTo(first.id());
    }

    @Test
    void newLeaderGoesOnWaitingForTheDelayTheOldOneBegan() {
        swarm.create(Swarm.replicated("web", 1)).settle();
        swarm.end(only(), TaskState.FAILED).pass(Duration.ofSeconds(3)).newLeader();

        assertThat(swarm.pass(Duration.ofMillis(1999)).running("web")).isEmpty();
        assertThat(swarm.pass(Duration.ofMillis(1)).running("web")).hasSize(1);
    }

    @Test
    void delayZeroReplacesAtOnce() {
        swarm.create(restarting(policy -> policy.delay(0L), ServiceRestartPolicy.Condition.ANY))
                .settle();
        Task first = only();
        swarm.end(first, TaskState.COMPLETE).settle();

        assertThat(only().id()).isNotEqualTo(first.id());
    }

    @Test
    void completedTaskStaysCompletedOnFailureOnly() {
        swarm.create(restarting(policy -> policy.delay(0L), ServiceRestartPolicy.Condition.ON_FAILURE))
                .settle();
        swarm.end(only(), TaskState.FAILED).settle();
        swarm.end(only(), TaskState.COMPLETE)
                .pass(Duration.ofMinutes(1))
                .newLeader()
                .pass(Duration.ofMinutes(1));

        assertThat(swarm.running("web")).isEmpty();
        assertThat(swarm.tasks("web")).extracting(Task::state).containsExactly(TaskState.FAILED, TaskState.COMPLETE);
    }

    @Test
    void nothingIsRestartedWithConditionNone() {
        swarm.create(restarting(policy -> policy, ServiceRestartPolicy.Condition.NONE))
                .settle();
        swarm.end(only(), TaskState.FAILED).pass(Duration.ofMinutes(1));

        assertThat(swarm.tasks("web")).hasSize(1);
    }

    @Test
    void attemptsAreCountedAcrossLeadersAndBeyondTheHistoryLimit() {
        swarm.historyLimit(1)
                .create(restarting(policy -> policy.delay(0L).maxAttempts(7L), ServiceRestartPolicy.Condition.ANY))
                .fate(task -> TaskState.FAILED)
                .settle()
                .newLeader()
                .pass(Duration.ofMinutes(1));

        assertThat(swarm.tasks("web")).hasSize(8).allMatch(task -> task.state() == TaskState.FAILED);
    }

    @Test
    void attemptsBeforeTheWindowDoNotCount() {
        swarm.create(restarting(
                        policy -> policy.delay(0L).maxAttempts(1L).window(nanos(Duration.ofSeconds(10))),
                        ServiceRestartPolicy.Condition.ANY))
                .settle();
        swarm.end(only(), TaskState.FAILED).pass(Duration.ofSeconds(11));
        swarm.end(only(), TaskState.FAILED).pass(Duration.ofSeconds(9));
        assertThat(swarm.running("web")).hasSize(1);

        swarm.end(only(), TaskState.FAILED).pass(Duration.ofMinutes(1));
        assertThat(swarm.running("web")).isEmpty();
    }

    @Test
    void drainedNodeIsEmptiedAtOnce() {
        swarm.create(Swarm.replicated("web", 4)).settle();
        swarm.availability("node1", NodeSpec.Availability.DRAIN).settle();

        assertThat(swarm.running("web")).hasSize(4).allMatch(task -> "node2".equals(task.nodeId()));
    }

    @Test
    void successorOfADrainedTaskWaitsUntilTheOldOneStopped() {
        swarm.create(Swarm.replicated("web", 1)).settle();
        Task old = only();
        swarm.stuck(old)
                .availability(Objects.requireNonNull(old.nodeId()), NodeSpec.Availability.DRAIN)
                .pass(Duration.ofSeconds(69));
        assertThat(swarm.running("web")).isEmpty();

        swarm.end(old, TaskState.SHUTDOWN).settle();
        assertThat(swarm.running("web")).hasSize(1);
    }

    @Test
    void successorOfATaskThatNeverStopsIsStartedInTheEnd() {
        swarm.create(Swarm.replicated("web", 1)).settle();
        Task old = only();
        swarm.stuck(old)
                .availability(Objects.requireNonNull(old.nodeId()), NodeSpec.Availability.DRAIN)
                .pass(Duration.ofSeconds(70));

        assertThat(swarm.running("web")).hasSize(1);
    }

    @Test
    void pausedNodeKeepsItsTasksAndGetsNoMore() {
        swarm.create(Swarm.replicated("web", 2)).settle();
        swarm.availability("node1", NodeSpec.Availability.PAUSE).scale("web", 4).settle();

        assertThat(swarm.running("web"))
                .extracting(Task::nodeId)
                .containsExactlyInAnyOrder("node1", "node2", "node2", "node2");
    }

    @Test
    void tasksOfANodeThatIsDownRunElsewhereWithoutDelay() {
        swarm.create(Swarm.replicated("web", 4)).settle();
        swarm.nodeState("node1", NodeState.DOWN).settle();

        assertThat(swarm.running("web")).hasSize(4).allMatch(task -> "node2".equals(task.nodeId()));
    }

    @Test
    void nodeThatComesBackStopsWhatRunsElsewhereByNow() {
        swarm.create(Swarm.replicated("web", 2)).settle();
        swarm.nodeState("node1", NodeState.DOWN)
                .settle()
                .nodeState("node1", NodeState.READY)
                .settle();

        assertThat(swarm.tasks("web"))
                .filteredOn(task -> "node1".equals(task.nodeId()))
                .extracting(Task::state)
                .containsExactly(TaskState.SHUTDOWN);
        assertThat(swarm.running("web")).hasSize(2);
    }

    @Test
    void tasksOfARemovedNodeAreOrphansAndRunElsewhere() {
        swarm.create(Swarm.replicated("web", 2)).settle();
        swarm.nodeState("node1", NodeState.DOWN).settle().removeNode("node1").settle();

        assertThat(swarm.tasks("web"))
                .filteredOn(task -> "node1".equals(task.nodeId()))
                .extracting(Task::state)
                .containsExactly(TaskState.ORPHANED);
        assertThat(swarm.running("web")).hasSize(2);
    }

    @Test
    void tasksOfANodeThatIsDownForADayAreOrphans() {
        swarm.create(Swarm.replicated("web", 2)).settle();
        swarm.nodeState("node1", NodeState.DOWN).pass(Duration.ofHours(24));

        assertThat(swarm.tasks("web"))
                .filteredOn(task -> "node1".equals(task.nodeId()))
                .extracting(Task::state)
                .containsExactly(TaskState.ORPHANED);
    }

    @Test
    void slotRemembersAsManyTasksAsTheHistoryLimit() {
        swarm.create(restarting(policy -> policy.delay(0L), ServiceRestartPolicy.Condition.ANY))
                .settle();
        for (int i = 0; i < 9; i++) {
            swarm.end(only(), TaskState.FAILED).settle();
        }
        assertThat(swarm.tasks("web")).hasSize(5);

        swarm.historyLimit(2);
        assertThat(swarm.tasks("web")).hasSize(2);
    }

    @Test
    void withoutAnyHistoryTheRestartDelayIsStillKept() {
        swarm.historyLimit(0).create(Swarm.replicated("web", 1)).settle();
        swarm.end(only(), TaskState.FAILED).pass(Duration.ofMillis(4999));
        assertThat(swarm.running("web")).isEmpty();

        swarm.pass(Duration.ofMillis(1));
        assertThat(swarm.tasks("web")).hasSize(1);
        assertThat(swarm.running("web")).hasSize(1);
    }

    @Test
    void successorRefusedWhileItWaitsIsReplacedOnlyAfterTheDelay() {
        swarm.create(Swarm.replicated("web", 1)).settle();
        swarm.end(only(), TaskState.FAILED).settle();
        Task waiting = swarm.tasks("web").getLast();

        swarm.end(waiting, TaskState.REJECTED).pass(Duration.ofSeconds(4));
        assertThat(swarm.tasks("web").getLast().id()).isEqualTo(waiting.id());

        swarm.pass(Duration.ofSeconds(1));
        assertThat(swarm.tasks("web").getLast().id()).isNotEqualTo(waiting.id());
        assertThat(swarm.pass(Duration.ofSeconds(5)).running("web")).hasSize(1);
    }
}
