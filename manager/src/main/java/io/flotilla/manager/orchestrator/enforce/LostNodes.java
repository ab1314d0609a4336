package io.flotilla.manager.orchestrator.enforce;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.Deadlines;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Ends tasks nobody will ever report on again: those of a node that was removed at once, those of a node that stays down
 * after a day, SwarmKit's period.
 */
public final class LostNodes implements ControlLoop {
    private static final Duration GIVEN_UP_AFTER = Duration.ofHours(24);

    private final Deadlines<String> givenUp = new Deadlines<>();

    @Override
    public void settle(Turn turn, Changed changed) {
        Set<String> nodes = new TreeSet<>(changed.of(ObjectKind.NODE));
        if (changed.everything()) {
            turn.state().nodes().forEach(node -> nodes.add(node.id()));
            turn.state().tasks().stream()
                    .flatMap(task -> Optional.ofNullable(task.nodeId()).stream())
                    .forEach(nodes::add);
        }
        nodes.addAll(givenUp.takeDue(turn.now()));
        nodes.forEach(id -> look(turn, id));
    }

    @Override
    public Optional<Instant> wakeAt() {
        return givenUp.next();
    }

    private void look(Turn turn, String id) {
        givenUp.cancel(id);
        Optional<Node> node = turn.state().node(id);
        if (node.isEmpty()) {
            orphan(turn, id, "Task belonged to a node that has been deleted");
        } else if (NodeValidity.isDown(node.get())) {
            Instant until = node.get().updatedAt().plus(GIVEN_UP_AFTER);
            if (until.isAfter(turn.now())) {
                givenUp.set(id, until);
            } else {
                orphan(turn, id, "Task belonged to a node that has been down for a day");
            }
        }
    }

    private static void orphan(Turn turn, String nodeId, String message) {
        List<Task> tasks = turn.state().tasksOnNode(nodeId).stream()
                .filter(task -> !Slot.isOver(task))
                .sorted(Slot.OLDEST_FIRST)
                .toList();
        tasks.forEach(task -> TaskChanges.give(turn, task, TaskState.ORPHANED, message, null));
    }
}
