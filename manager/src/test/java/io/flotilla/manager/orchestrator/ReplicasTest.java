package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.ClusterState;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ReplicasTest {
    private final Swarm swarm = Swarm.withNodes(3);

    @Test
    void createdServiceRunsItsReplicasSpreadOverTheNodes() {
        swarm.create(Swarm.replicated("web", 3)).settle();

        assertThat(swarm.running("web")).extracting(Task::slot).containsExactly(1L, 2L, 3L);
        assertThat(swarm.running("web")).extracting(Task::nodeId).doesNotHaveDuplicates();
    }

    @Test
    void newTaskTellsWhereItIsOnItsWay() {
        Swarm empty = Swarm.withNodes(0).create(Swarm.replicated("web", 1));

        assertThat(empty.tasks("web").getFirst().status().message()).isEqualTo("pending task scheduling");
        assertThat(empty.tasks("web").getFirst().status().err()).isEqualTo("no suitable node");
        empty.node("node1", node -> node);
        assertThat(empty.tasks("web").getFirst().status().message()).isEqualTo("scheduler assigned task to node");
        assertThat(empty.tasks("web").getFirst().status().err()).isNull();
    }

    @Test
    void scalingUpFillsTheLowestSlots() {
        swarm.create(Swarm.replicated("web", 2)).settle().scale("web", 4).settle();

        assertThat(swarm.running("web")).extracting(Task::slot).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void scalingDownTakesFromTheFullestNodeAndForgetsTheTasks() {
        swarm.create(Swarm.replicated("web", 5)).settle().scale("web", 3).settle();

        assertThat(swarm.tasks("web")).hasSize(3);
        assertThat(swarm.running("web")).extracting(Task::nodeId).containsExactlyInAnyOrder("node1", "node2", "node3");
    }

    @Test
    void scalingDownTakesWhatDoesNotRunYetFirst() {
        swarm.create(Swarm.replicated("web", 2)).settle();
        List<Task> before = swarm.running("web");
        swarm.fate(task -> TaskState.STARTING)
                .scale("web", 4)
                .settle()
                .scale("web", 2)
                .settle();

        assertThat(swarm.running("web")).isEqualTo(before);
        assertThat(swarm.tasks("web")).hasSize(2);
    }

    @Test
    void lowerSlotThatDoesNotRunYetGoesBeforeAHigherOneThatDoes() {
        swarm.fate(task -> Objects.requireNonNull(task.slot()) <= 2 ? TaskState.STARTING : TaskState.RUNNING)
                .create(Swarm.replicated("web", 4))
                .settle()
                .scale("web", 2)
                .settle();

        assertThat(swarm.tasks("web")).extracting(Task::slot).containsExactlyInAnyOrder(3L, 4L);
        assertThat(swarm.running("web")).hasSize(2);
    }

    @Test
    void scalingToZeroKeepsTheService() {
        swarm.create(Swarm.replicated("web", 3)).settle().scale("web", 0).settle();

        assertThat(swarm.tasks("web")).isEmpty();
        assertThat(swarm.state().service("web")).isPresent();
    }

    @Test
    void scalingDoesNotReplaceTasks() {
        swarm.create(Swarm.replicated("web", 2)).settle();
        List<Task> before = swarm.running("web");
        swarm.scale("web", 3).settle();

        assertThat(swarm.running("web")).containsAll(before);
    }

    @Test
    void removedServiceIsGoneAtOnceAndItsTasksOnceTheyStopped() {
        swarm.create(Swarm.replicated("web", 3)).settle();
        Task slow = swarm.running("web").getFirst();
        swarm.stuck(slow).remove("web").settle();

        assertThat(swarm.state().service("web")).isEmpty();
        assertThat(swarm.tasks("web")).extracting(Task::id).containsExactly(slow.id());
        assertThat(swarm.state().revisions()).hasSize(1);

        swarm.end(swarm.tasks("web").getFirst(), TaskState.SHUTDOWN);
        ClusterState left = swarm.state();
        assertThat(left.tasks()).isEmpty();
        assertThat(left.revisions()).isEmpty();
    }

    @Test
    void removedServiceLeavesNoTaskThatNeverHadANode() {
        Swarm empty = Swarm.withNodes(0).create(Swarm.replicated("web", 3)).remove("web");

        assertThat(empty.state().tasks()).isEmpty();
    }
}
