package io.flotilla.manager.state;

import static io.flotilla.manager.state.Samples.T;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.state.TaskTransitions.Maker;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a turn collects, and which changes of tasks halt it. */
class TurnTest {
    private static final Node NODE = Samples.node("n1");
    private static final Task TASK = Samples.task("t1", "s1");
    private final ClusterState base = Samples.state(NODE, TASK);
    private final Turn turn = new Turn(base, T, () -> "new-id");

    @Test
    void aTurnSeesItsOwnChangesAndTheStateItBeganFrom() {
        Node renamed = NODE.withAgentAddress("elsewhere:1");
        turn.put(renamed);
        assertThat(turn.state().node("n1")).contains(renamed);
        assertThat(turn.base().node("n1")).contains(NODE);
        assertThat(turn.now()).isEqualTo(T);
        assertThat(turn.newId()).isEqualTo("new-id");
    }

    @Test
    void whatIsAsItWasIsNoChange() {
        turn.put(NODE);
        turn.remove(ObjectKind.NODE, "n2");
        assertThat(turn.isEmpty()).isTrue();
        assertThat(turn.takeUnseen().isNothing()).isTrue();
        assertThat(turn.hasChanged(ObjectKind.NODE, "n1")).isFalse();
    }

    @Test
    void thereIsOneChangeOfAnObjectHoweverOftenItChanged() {
        turn.put(NODE.withAgentAddress("a:1"));
        turn.put(TASK.withDesiredState(TaskState.SHUTDOWN));
        turn.put(NODE.withAgentAddress("b:1"));
        assertThat(turn.changes())
                .containsExactly(
                        new Change.Put(NODE.withAgentAddress("b:1")),
                        new Change.Put(TASK.withDesiredState(TaskState.SHUTDOWN)));
        assertThat(turn.size()).isEqualTo(2);
        assertThat(turn.isEmpty()).isFalse();
        assertThat(turn.hasChanged(ObjectKind.NODE, "n1")).isTrue();
        assertThat(turn.hasChanged(ObjectKind.TASK, "n1")).isFalse();
    }

    @Test
    void whatTheStateHadIsRemovedAndWhatOnlyTheTurnHadIsForgotten() {
        turn.put(Samples.node("n2"));
        turn.remove(ObjectKind.NODE, "n2");
        turn.remove(ObjectKind.NODE, "n1");
        assertThat(turn.state().nodes()).isEmpty();
        assertThat(turn.changes()).containsExactly(new Change.Remove(ObjectKind.NODE, "n1"));
        assertThat(turn.takeUnseen().of(ObjectKind.NODE)).containsExactly("n2", "n1");
    }

    @Test
    void toDisownIsAChangeLoopsDoNotHearOf() {
        turn.disown("n1", ObjectKind.CONTAINER, "c1");
        assertThat(turn.changes()).containsExactly(new Change.Disown("n1", ObjectKind.CONTAINER, "c1"));
        assertThat(turn.takeUnseen().isNothing()).isTrue();
    }

    @Test
    void aNewLeaderHasToLookAtEverything() {
        assertThat(Changed.all().everything()).isTrue();
        assertThat(Changed.all().isNothing()).isFalse();
        assertThat(Changed.nothing().isNothing()).isTrue();
        assertThat(Changed.all().plus(ObjectKind.NODE, "n1").everything()).isTrue();
    }

    // ---- whose change it is

    @ParameterizedTest
    @EnumSource(Maker.class)
    void onlyOrchestratorsMakeTasks(Maker maker) {
        turn.as(maker);
        Task made = Samples.task("t2", "s1");
        if (maker == Maker.ORCHESTRATOR || maker == Maker.UNNAMED) {
            turn.put(made);
            assertThat(turn.state().task("t2")).contains(made);
        } else {
            assertThatThrownBy(() -> turn.put(made))
                    .hasMessage("task t2 in state NEW, desired RUNNING: " + maker + " made the task");
        }
    }

    @ParameterizedTest
    @EnumSource(Maker.class)
    void onlyTheSchedulerGivesATaskANode(Maker maker) {
        turn.as(maker);
        Task placed = TASK.withNodeId("n1");
        if (maker == Maker.SCHEDULER || maker == Maker.UNNAMED) {
            turn.put(placed);
            assertThat(turn.state().tasksOnNode("n1")).containsExactly(placed);
        } else {
            assertThatThrownBy(() -> turn.put(placed)).hasMessageEndingWith(maker + " gave it a node");
        }
    }

    @ParameterizedTest
    @EnumSource(Maker.class)
    void nobodyWantsATaskBackThatWasToGo(Maker maker) {
        turn.put(TASK.withDesiredState(TaskState.SHUTDOWN));
        turn.as(maker);
        assertThatThrownBy(() -> turn.put(TASK))
                .hasMessageEndingWith(maker + " lowered its desired state from SHUTDOWN");
    }

    @Test
    void nobodyTakesATasksNodeAway() {
        turn.put(TASK.withNodeId("n1"));
        assertThatThrownBy(() -> turn.put(TASK)).hasMessageEndingWith("UNNAMED moved it from node n1");
    }

    @Test
    void anAgentReportsWithoutAWordOnWhatIsWanted() {
        Task running = TASK.withNodeId("n1").withStatus(TASK.status().withState(TaskState.RUNNING));
        turn.put(running);
        turn.as(Maker.AGENT);
        Task failed = running.withStatus(running.status().withState(TaskState.FAILED));
        turn.put(failed);
        assertThat(turn.state().task("t1")).contains(failed);
    }

    // ---- identifiers

    @Test
    void anIdHas25DigitsOfBase36() {
        Ids ids = new Ids(new Random(1));
        String one = ids.get();
        assertThat(one).matches("[0-9a-z]{25}").isNotEqualTo(ids.get());
        RandomGenerator nothing = () -> 0L;
        assertThat(new Ids(nothing).get()).isEqualTo("0".repeat(25));
        RandomGenerator most = () -> -1L;
        assertThat(new Ids(most).get()).isEqualTo("f5lxx1zz5pnorynqglhzmsp33");
    }
}
