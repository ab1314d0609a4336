package io.flotilla.manager.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tasks of a node that does not come back. */
class LostNodesTest {
    private final Swarm swarm = Swarm.withNodes(2);

    @BeforeEach
    void oneTaskOnEach() {
        swarm.create(Swarm.replicated("web", 2)).settle();
    }

    private Task lost() {
        return swarm.tasks("web").stream()
                .filter(task -> "node1".equals(task.nodeId()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void afterADayTheTasksOfANodeThatIsDownAreOrphans() {
        swarm.nodeState("node1", NodeState.DOWN).pass(Duration.ofHours(24).minusMillis(1));
        assertThat(lost().state()).isEqualTo(TaskState.RUNNING);
        swarm.pass(Duration.ofMillis(1));
        assertThat(lost().state()).isEqualTo(TaskState.ORPHANED);
        assertThat(lost().status().message()).isEqualTo("Task belonged to a node that has been down for a day");
    }

    @Test
    void theDayGoesOnUnderAnotherLeader() {
        swarm.nodeState("node1", NodeState.DOWN)
                .pass(Duration.ofHours(20))
                .newLeader()
                .pass(Duration.ofHours(4));
        assertThat(lost().state()).isEqualTo(TaskState.ORPHANED);
    }

    @Test
    void aNodeThatComesBackInTimeEndsItsTasksItself() {
        swarm.nodeState("node1", NodeState.DOWN)
                .pass(Duration.ofHours(23))
                .nodeState("node1", NodeState.READY)
                .pass(Duration.ofHours(23));
        assertThat(lost().state()).isEqualTo(TaskState.SHUTDOWN);
        swarm.nodeState("node1", NodeState.DOWN).pass(Duration.ofHours(25));
        assertThat(lost().state()).as("what is over stays as it ended").isEqualTo(TaskState.SHUTDOWN);
    }

    @Test
    void aRemovedNodesTasksAreOrphansAtOnce() {
        swarm.nodeState("node1", NodeState.DOWN).removeNode("node1").settle();
        assertThat(lost().status().message()).isEqualTo("Task belonged to a node that has been deleted");
        assertThat(swarm.running("web")).hasSize(2);
    }
}
