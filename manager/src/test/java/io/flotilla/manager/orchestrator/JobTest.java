package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.JobStatus;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.ServiceRestartPolicyBuilder;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class JobTest {
    private static final String JOB = "job";

    private final Swarm swarm = Swarm.withNodes(3);

    private static ServiceSpec restarting(
            ServiceSpec spec, ServiceRestartPolicy.Condition condition, UnaryOperator<ServiceRestartPolicyBuilder> as) {
        return spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                .withRestartPolicy(as.apply(ServiceRestartPolicyBuilder.builder()
                                .condition(condition)
                                .delay(0L))
                        .build()));
    }

    private static ServiceSpec retrying(ServiceSpec spec) {
        return restarting(spec, ServiceRestartPolicy.Condition.ON_FAILURE, policy -> policy);
    }

    private List<Task> present() {
        return swarm.tasks(JOB).stream()
                .filter(task -> JobIterations.isPresent(swarm.service(JOB), task))
                .toList();
    }

    private List<Task> completed() {
        return present().stream()
                .filter(task -> task.state() == TaskState.COMPLETE)
                .toList();
    }

    private void endAll(TaskState as) {
        swarm.running(JOB).forEach(task -> swarm.end(task, as));
        swarm.settle();
    }

    @Test
    void jobRunsNoMoreAtATimeThanItsConcurrencyUntilItHasCompletedAsOftenAsAsked() {
        swarm.create(Swarm.replicatedJob(JOB, 2, 5)).settle();
        assertThat(swarm.running(JOB)).extracting(Task::slot).containsExactly(0L, 1L);
        assertThat(swarm.running(JOB)).extracting(Task::desiredState).containsOnly(TaskState.COMPLETE);

        endAll(TaskState.COMPLETE);
        assertThat(swarm.running(JOB)).extracting(Task::slot).containsExactly(2L, 3L);
        endAll(TaskState.COMPLETE);
        assertThat(swarm.running(JOB)).extracting(Task::slot).containsExactly(4L);
        endAll(TaskState.COMPLETE);

        swarm.pass(Duration.ofHours(1)).newLeader().pass(Duration.ofHours(1));
        assertThat(completed()).extracting(Task::slot).containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(swarm.tasks(JOB)).hasSize(5);
    }

    @Test
    void failedTaskIsTriedAgainInItsSlot() {
        swarm.create(retrying(Swarm.replicatedJob(JOB, 1, 2))).settle();
        Task first = swarm.running(JOB).getFirst();
        swarm.end(first, TaskState.FAILED).settle();

        assertThat(swarm.running(JOB)).extracting(Task::slot).containsExactly(0L);
        assertThat(swarm.running(JOB)).extracting(Task::id).doesNotContain(first.id());
        assertThat(swarm.state().task(first.id()).orElseThrow().desiredState()).isEqualTo(TaskState.SHUTDOWN);
    }

    @Test
    void slotWhoseRestartPolicyAllowsNoFurtherTryIsGivenUpAndTheOthersGoOn() {
        swarm.create(restarting(Swarm.replicatedJob(JOB, 1, 3), ServiceRestartPolicy.Condition.NONE, policy -> policy))
                .settle();
        endAll(TaskState.FAILED);
        assertThat(swarm.running(JOB)).extracting(Task::slot).containsExactly(1L);
        endAll(TaskState.COMPLETE);
        endAll(TaskState.COMPLETE);

        swarm.historyLimit(0).newLeader().pass(Duration.ofHours(1));
        assertThat(swarm.running(JOB)).isEmpty();
        assertThat(completed()).extracting(Task::slot).containsExactly(1L, 2L);
    }

    @Test
    void triesAreLimitedForEachSlotAndExecution() {
        swarm.create(restarting(
                        Swarm.replicatedJob(JOB, 1, 1),
                        ServiceRestartPolicy.Condition.ON_FAILURE,
                        policy -> policy.maxAttempts(2L)))
                .settle();
        failForAMinute();
        assertThat(swarm.tasks(JOB)).hasSize(3);

        swarm.update(JOB, spec -> spec).settle();
        failForAMinute();
        assertThat(present()).hasSize(3);
    }

    private void failForAMinute() {
        for (int second = 0; second < 60; second++) {
            swarm.pass(Duration.ofSeconds(1));
            endAll(TaskState.FAILED);
        }
    }

    @Test
    void completedTaskIsNotRunAgainThoughItsRestartConditionIsAny() {
        swarm.create(restarting(Swarm.replicatedJob(JOB, 1, 1), ServiceRestartPolicy.Condition.ANY, policy -> policy))
                .fate(task -> TaskState.COMPLETE)
                .pass(Duration.ofHours(1));

        assertThat(swarm.tasks(JOB)).hasSize(1);
    }

    @Test
    void everyUpdateExecutesTheJobAnewAndRemovesWhatRunsOfTheOneBefore() {
        swarm.create(Swarm.replicatedJob(JOB, 1, 2)).settle();
        endAll(TaskState.COMPLETE);
        Task running = swarm.running(JOB).getFirst();
        swarm.stuck(running).update(JOB, spec -> spec.withLabels(java.util.Map.of("a", "b")));

        JobStatus status = Objects.requireNonNull(swarm.service(JOB).jobStatus());
        assertThat(status.jobIteration()).isEqualTo(new ObjectVersion(1));
        assertThat(status.lastExecution()).isEqualTo(swarm.now());
        assertThat(swarm.state().task(running.id()).orElseThrow().desiredState())
                .isEqualTo(TaskState.REMOVE);
        swarm.settle();
        endAll(TaskState.COMPLETE);
        assertThat(swarm.tasks(JOB).getLast())
                .as("its slot's earlier task still runs")
                .extracting(Task::desiredState)
                .isEqualTo(TaskState.READY);

        swarm.end(running, TaskState.SHUTDOWN).settle();
        endAll(TaskState.COMPLETE);
        assertThat(completed()).extracting(Task::slot).containsExactly(0L, 1L);
        assertThat(swarm.state().task(running.id())).isEmpty();
    }

    @Test
    void scaledJobIsExecutedAnewAndKeepsNothingOfSlotsItHasNoMore() {
        swarm.create(Swarm.replicatedJob(JOB, 4, 4))
                .fate(task -> TaskState.COMPLETE)
                .settle();
        swarm.update(
                        JOB,
                        spec -> spec.withMode(new ServiceMode(null, null, new ServiceMode.ReplicatedJob(4L, 2L), null)))
                .settle();

        assertThat(completed()).hasSize(2);
        assertThat(swarm.tasks(JOB)).extracting(Task::slot).containsOnly(0L, 1L);
    }

    @Test
    void historyOfASlotIsBoundedAndItsCompletionKept() {
        swarm.create(Swarm.replicatedJob(JOB, 2, 2))
                .fate(task -> TaskState.COMPLETE)
                .historyLimit(2)
                .settle();
        for (int i = 0; i < 5; i++) {
            swarm.update(JOB, spec -> spec).settle();
        }
        assertThat(swarm.tasks(JOB)).hasSize(4);
        swarm.historyLimit(0).settle();
        assertThat(completed()).hasSize(2);
        assertThat(swarm.tasks(JOB)).hasSize(2);
    }

    @Test
    void taskOfADrainedNodeIsDoneElsewhere() {
        swarm.create(Swarm.replicatedJob(JOB, 3, 3)).settle();
        swarm.availability("node1", NodeSpec.Availability.DRAIN).pass(Duration.ofMinutes(1));

        assertThat(swarm.running(JOB)).hasSize(3).extracting(Task::nodeId).doesNotContain("node1");
    }

    @Test
    void completionOfANodeThatWasAwayCountsAndItsSubstituteIsStopped() {
        swarm.create(Swarm.replicatedJob(JOB, 1, 1)).settle();
        Task first = swarm.running(JOB).getFirst();
        swarm.nodeState(Objects.requireNonNull(first.nodeId()), NodeState.DOWN).pass(Duration.ofMinutes(1));
        Task second = swarm.running(JOB).getLast();
        assertThat(second.nodeId()).isNotEqualTo(first.nodeId());

        swarm.end(first, TaskState.COMPLETE)
                .nodeState(first.nodeId(), NodeState.READY)
                .pass(Duration.ofMinutes(1));
        assertThat(completed()).extracting(Task::id).containsExactly(first.id());
        assertThat(swarm.state().task(second.id()).orElseThrow().state()).isEqualTo(TaskState.SHUTDOWN);
    }

    @Test
    void rollbackExecutesThePreviousSpecAndShowsNoUpdate() {
        swarm.create(Swarm.replicatedJob(JOB, 1, 1))
                .fate(task -> TaskState.COMPLETE)
                .update(JOB, spec -> Swarm.withImage(spec, "nginx:2"))
                .settle()
                .rollback(JOB)
                .settle();

        assertThat(completed()).extracting(swarm::image).containsExactly("nginx:1");
        assertThat(swarm.service(JOB).updateStatus()).isNull();
        assertThat(JobIterations.mark(swarm.service(JOB))).isEqualTo(new ObjectVersion(2));
    }

    @Test
    void globalJobRunsOnceOnEachNodeThatWasThereWhenItBegan() {
        swarm.create(Swarm.globalJob(JOB)).fate(task -> TaskState.COMPLETE).settle();
        assertThat(completed()).extracting(Task::nodeId).containsExactly("node1", "node2", "node3");

        swarm.pass(Duration.ofMinutes(1)).node("node4", node -> node).pass(Duration.ofMinutes(1));
        assertThat(completed()).hasSize(3);

        swarm.update(JOB, spec -> spec).settle();
        assertThat(completed()).hasSize(4);
        assertThat(swarm.tasks(JOB)).hasSize(7);
    }

    @Test
    void globalJobRunsOnADrainedNodeWhenItComesBack() {
        swarm.create(Swarm.globalJob(JOB)).settle();
        swarm.availability("node1", NodeSpec.Availability.DRAIN).settle();
        assertThat(swarm.running(JOB)).extracting(Task::nodeId).containsExactly("node2", "node3");

        swarm.availability("node1", NodeSpec.Availability.ACTIVE).settle();
        assertThat(swarm.running(JOB)).hasSize(3);
        endAll(TaskState.COMPLETE);
        swarm.availability("node1", NodeSpec.Availability.DRAIN)
                .availability("node1", NodeSpec.Availability.ACTIVE)
                .pass(Duration.ofMinutes(1));
        assertThat(completed()).hasSize(3);
        assertThat(swarm.running(JOB)).isEmpty();
    }

    @Test
    void globalJobIsNotRepeatedOnANodeThatWasAwayWhenItCompleted() {
        swarm.create(Swarm.globalJob(JOB)).settle();
        Task away = swarm.running(JOB).getFirst();
        swarm.nodeState("node1", NodeState.DOWN).pass(Duration.ofMinutes(1));
        swarm.nodeState("node1", NodeState.READY).end(away, TaskState.COMPLETE).pass(Duration.ofMinutes(1));

        assertThat(completed()).extracting(Task::id).containsExactly(away.id());
        assertThat(swarm.running(JOB)).extracting(Task::nodeId).containsExactly("node2", "node3");
    }

    @Test
    void globalJobOfANodeThatIsGoneIsForgotten() {
        swarm.create(Swarm.globalJob(JOB)).settle();
        swarm.removeNode("node1").settle();

        assertThat(swarm.running(JOB)).extracting(Task::nodeId).containsExactly("node2", "node3");
        assertThat(swarm.tasks(JOB)).hasSize(2);
    }

    /** Whatever fails, leads, drains or goes down meanwhile. */
    @Tag("long")
    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void jobCompletesExactlyAsOftenAsAsked(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int most, @ForAll @IntRange(max = 8) int total) {
        Swarm storm = Swarm.withNodes(3);
        Random random = new Random(seed);
        Set<String> completedSlots = new HashSet<>();
        storm.fate(task -> random.nextInt(3) == 0 ? TaskState.FAILED : TaskState.RUNNING)
                .afterEveryTurn(now -> {
                    List<Task> tasks = now.tasks(JOB);
                    assertThat(tasks.stream().filter(Slot::isLive)).hasSizeLessThanOrEqualTo(most);
                    tasks.stream()
                            .filter(task -> task.state() == TaskState.COMPLETE)
                            .forEach(task -> completedSlots.add(task.slot() + " " + task.id()));
                })
                .create(retrying(Swarm.replicatedJob(JOB, most, total)));
        for (int step = 0; step < 60; step++) {
            String node = "node" + (1 + random.nextInt(3));
            switch (random.nextInt(7)) {
                case 0 -> storm.newLeader();
                case 1 -> storm.availability(node, NodeSpec.Availability.DRAIN);
                case 2 -> storm.availability(node, NodeSpec.Availability.ACTIVE);
                case 3 -> storm.nodeState(node, NodeState.DOWN);
                case 4 -> storm.nodeState(node, NodeState.READY);
                default ->
                    storm.running(JOB).stream()
                            .findFirst()
                            .ifPresent(task ->
                                    storm.end(task, random.nextInt(4) == 0 ? TaskState.FAILED : TaskState.COMPLETE));
            }
            storm.pass(Duration.ofSeconds(random.nextInt(30)));
        }
        for (int i = 1; i <= 3; i++) {
            storm.nodeState("node" + i, NodeState.READY).availability("node" + i, NodeSpec.Availability.ACTIVE);
        }
        for (int round = 0; round < 50; round++) {
            storm.running(JOB).forEach(task -> storm.end(task, TaskState.COMPLETE));
            storm.pass(Duration.ofMinutes(2));
        }
        assertThat(storm.tasks(JOB).stream()
                        .filter(task -> task.state() == TaskState.COMPLETE)
                        .map(Task::slot)
                        .distinct())
                .hasSize(total);
        assertThat(completedSlots).hasSize(total);
    }
}
