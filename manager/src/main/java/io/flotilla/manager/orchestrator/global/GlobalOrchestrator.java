package io.flotilla.manager.orchestrator.global;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.NodeValidity;
import io.flotilla.manager.orchestrator.RestartRules;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotKey;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.scheduler.Constraint;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Gives a global service one slot on every node that meets its constraints and is neither down nor drained. A paused node
 * keeps what it has and gets nothing new. Inside a slot the restart supervisor and the updater rule.
 */
public final class GlobalOrchestrator implements ControlLoop {
    @Override
    public void settle(Turn turn, Changed changed) {
        boolean noService = !changed.everything()
                && changed.of(ObjectKind.SERVICE).isEmpty()
                && changed.of(ObjectKind.NODE).isEmpty();
        if (noService) {
            return;
        }
        List<Service> services = turn.state().services().stream()
                .filter(ServiceModes::isGlobal)
                .sorted(Comparator.comparing(Service::id))
                .toList();
        for (Service service : services) {
            boolean whole =
                    changed.everything() || changed.of(ObjectKind.SERVICE).contains(service.id());
            reconcile(turn, service, whole ? everyNode(turn) : new TreeSet<>(changed.of(ObjectKind.NODE)));
        }
    }

    private static Set<String> everyNode(Turn turn) {
        Set<String> ids = new TreeSet<>();
        turn.state().nodes().forEach(node -> ids.add(node.id()));
        return ids;
    }

    private static void reconcile(Turn turn, Service service, Set<String> nodeIds) {
        List<Constraint> constraints = Constraint.of(service.spec().taskTemplate());
        Set<SlotKey> keys = new TreeSet<>();
        nodeIds.forEach(id -> keys.add(SlotKey.onNode(id)));
        for (Slot slot : Slot.of(turn.state(), service.id(), keys)) {
            Optional<Node> node = turn.state().node(slot.key().nodeId());
            if (node.isEmpty()) {
                stop(turn, slot, TaskState.REMOVE);
            } else if (!isFor(node.get(), constraints)) {
                stop(turn, slot, TaskState.SHUTDOWN);
            } else if (!NodeValidity.isPaused(node.get()) && isVacant(turn, slot)) {
                TaskChanges.create(turn, service, slot.key(), TaskState.RUNNING);
            }
        }
    }

    private static boolean isFor(Node node, List<Constraint> constraints) {
        return !NodeValidity.isDown(node) && !NodeValidity.isDrained(node) && Constraint.allMatch(constraints, node);
    }

    // a task that ended for good keeps its slot; one that was stopped because of its node does not
    private static boolean isVacant(Turn turn, Slot slot) {
        return slot.live().isEmpty()
                && slot.newest()
                        .filter(Slot::endedByItself)
                        .map(task -> RestartRules.shouldRestart(turn.state(), slot, task))
                        .orElse(true);
    }

    private static void stop(Turn turn, Slot slot, TaskState desired) {
        slot.tasks().stream()
                .filter(task -> desired == TaskState.REMOVE || Slot.isLive(task))
                .forEach(task -> TaskChanges.desire(turn, task, desired));
    }
}
