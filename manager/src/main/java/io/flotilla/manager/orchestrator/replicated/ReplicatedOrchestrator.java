package io.flotilla.manager.orchestrator.replicated;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.RestartRules;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotKey;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Gives a replicated service as many slots as it has replicas. What happens inside a slot is the restart supervisor's and
 * the updater's; only a change of the service itself can make slots too few or too many.
 */
public final class ReplicatedOrchestrator implements ControlLoop {
    @Override
    public void settle(Turn turn, Changed changed) {
        Set<String> services = new TreeSet<>(changed.of(ObjectKind.SERVICE));
        if (changed.everything()) {
            turn.state().services().forEach(service -> services.add(service.id()));
        }
        for (String id : services) {
            turn.state().service(id).filter(ServiceModes::isReplicated).ifPresent(service -> reconcile(turn, service));
        }
    }

    private static void reconcile(Turn turn, Service service) {
        List<Replica> filled = new ArrayList<>();
        List<Slot> dead = new ArrayList<>();
        for (Slot slot : Slot.allOf(turn.state(), service.id()).values()) {
            Replica replica = new Replica(slot, RestartRules.updatable(turn.state(), slot));
            if (replica.tasks().isEmpty()) {
                dead.add(slot);
            } else {
                filled.add(replica);
            }
        }
        long replicas = ServiceModes.replicas(service);
        Set<SlotKey> refilled = fillUp(turn, service, filled, replicas);
        Replica.inOrderOfStaying(filled).stream().skip(replicas).forEach(surplus -> remove(turn, surplus.slot()));
        dead.stream().filter(slot -> !refilled.contains(slot.key())).forEach(slot -> remove(turn, slot));
    }

    /** Makes a task in each of the lowest slots that nothing fills, until there are enough. */
    private static Set<SlotKey> fillUp(Turn turn, Service service, List<Replica> filled, long replicas) {
        Set<SlotKey> taken = new HashSet<>();
        filled.forEach(replica -> taken.add(replica.slot().key()));
        Set<SlotKey> refilled = new HashSet<>();
        for (long number = 1; filled.size() + refilled.size() < replicas; number++) {
            SlotKey key = SlotKey.numbered(number);
            if (!taken.contains(key)) {
                TaskChanges.create(turn, service, key, TaskState.RUNNING);
                refilled.add(key);
            }
        }
        return refilled;
    }

    private static void remove(Turn turn, Slot slot) {
        slot.tasks().forEach(task -> TaskChanges.desire(turn, task, TaskState.REMOVE));
    }
}
