package io.flotilla.manager.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.manager.state.TaskTransitions.Maker;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TaskTransitionsTest {
    private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
    private final Turn turn = new Turn(ClusterState.empty(), T, () -> "id");

    @ParameterizedTest
    @EnumSource(Maker.class)
    void nobodyTakesATaskBack(Maker maker) {
        for (TaskState from : TaskState.values()) {
            for (TaskState to : TaskState.values()) {
                if (to.compareTo(from) <= 0) {
                    assertThat(TaskTransitions.allows(maker, from, to)).isFalse();
                }
            }
        }
    }

    @Test
    void eachStepHasItsOwner() {
        assertThat(TaskTransitions.allows(Maker.ALLOCATOR, TaskState.NEW, TaskState.PENDING))
                .isTrue();
        assertThat(TaskTransitions.allows(Maker.SCHEDULER, TaskState.NEW, TaskState.ASSIGNED))
                .isFalse();
        assertThat(TaskTransitions.allows(Maker.SCHEDULER, TaskState.PENDING, TaskState.ASSIGNED))
                .isTrue();
        assertThat(TaskTransitions.allows(Maker.AGENT, TaskState.PENDING, TaskState.RUNNING))
                .isFalse();
        assertThat(TaskTransitions.allows(Maker.AGENT, TaskState.ASSIGNED, TaskState.REJECTED))
                .isTrue();
        assertThat(TaskTransitions.allows(Maker.AGENT, TaskState.RUNNING, TaskState.ORPHANED))
                .isFalse();
        assertThat(TaskTransitions.allows(Maker.AGENT, TaskState.FAILED, TaskState.REJECTED))
                .isFalse();
        assertThat(TaskTransitions.allows(Maker.ORCHESTRATOR, TaskState.RUNNING, TaskState.ORPHANED))
                .isTrue();
    }

    @Test
    void aBreachHaltsTheTurn() {
        turn.put(task(TaskState.PENDING, TaskState.RUNNING, null));
        turn.as(Maker.ALLOCATOR);
        assertThatThrownBy(() -> turn.put(task(TaskState.ASSIGNED, TaskState.RUNNING, "n1")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ALLOCATOR took it from PENDING");
        turn.as(Maker.SCHEDULER);
        turn.put(task(TaskState.ASSIGNED, TaskState.RUNNING, "n1"));
        turn.as(Maker.AGENT);
        assertThatThrownBy(() -> turn.put(task(TaskState.RUNNING, TaskState.SHUTDOWN, "n1")))
                .hasMessageContaining("set its desired state");
        turn.as(Maker.UNNAMED);
        assertThatThrownBy(() -> turn.put(task(TaskState.ASSIGNED, TaskState.RUNNING, "n2")))
                .hasMessageContaining("moved it from node n1");
    }

    @Test
    void whatATurnMakesAndTakesBackIsNoChange() {
        turn.put(task(TaskState.NEW, TaskState.RUNNING, null));
        turn.remove(ObjectKind.TASK, "t");

        assertThat(turn.isEmpty()).isTrue();
        assertThat(turn.takeUnseen().of(ObjectKind.TASK)).containsExactly("t");
        assertThat(turn.takeUnseen().isNothing()).isTrue();
    }

    private static Task task(TaskState state, TaskState desired, @org.jspecify.annotations.Nullable String node) {
        return TaskBuilder.builder()
                .id("t")
                .version(new ObjectVersion(0))
                .createdAt(T)
                .updatedAt(T)
                .serviceId("s")
                .nodeId(node)
                .status(new TaskStatus(T, state, null, null, null, null))
                .desiredState(desired)
                .build();
    }
}
