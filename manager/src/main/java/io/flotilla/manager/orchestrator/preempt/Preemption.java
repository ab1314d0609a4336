package io.flotilla.manager.orchestrator.preempt;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.RestartRules;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotKey;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.scheduler.Eviction;
import io.flotilla.manager.scheduler.PlacementLabels;
import io.flotilla.manager.scheduler.Scheduler;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes room for a task that fits nowhere by shutting down the fewest, lowest tasks of lower priority on one node. Each of
 * them gets a successor that waits for a node like any other task, and itself preempts nothing, so that one preemption
 * never causes another. Called after the scheduler, whose view of the nodes it asks; chooses for one task a round.
 */
public final class Preemption implements ControlLoop {
    /** Tasks that are on their way out for others at any time: the rest of the cluster is left in peace. */
    static final int MOST_LEAVING = 10;

    private final Scheduler scheduler;
    private final Map<String, Integer> priorities = new HashMap<>();

    public Preemption(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    @Override
    public void settle(Turn turn, Changed changed) {
        if (changed.everything()) {
            turn.state().services().forEach(service -> note(turn.state(), service.id()));
        }
        changed.of(ObjectKind.SERVICE).forEach(id -> note(turn.state(), id));
        int budget = priorities.isEmpty() ? 0 : MOST_LEAVING - scheduler.leaving();
        if (budget <= 0) {
            return;
        }
        int lowest = Math.min(0, Collections.min(priorities.values()));
        for (Task task : scheduler.unplaced(turn.state())) {
            int priority = PlacementLabels.priority(turn.state(), task.serviceId());
            if (priority <= lowest) {
                return;
            }
            if (waits(turn.state(), task) && makeRoom(turn, task, priority, budget)) {
                return;
            }
        }
    }

    /** Only services that are not of priority 0 are remembered: where there are none, nothing is looked at. */
    private void note(ClusterState state, String serviceId) {
        int priority = PlacementLabels.priority(state, serviceId);
        if (priority == 0) {
            priorities.remove(serviceId);
        } else {
            priorities.put(serviceId, priority);
        }
    }

    /** Whether loops before this one left the task as the scheduler last saw it. */
    private static boolean waits(ClusterState state, Task task) {
        return state.task(task.id()).filter(task::equals).isPresent() && Slot.isLive(task);
    }

    private boolean makeRoom(Turn turn, Task task, int priority, int budget) {
        ClusterState state = turn.state();
        Optional<Eviction> eviction = scheduler.evictionFor(state, task, victim -> comesBack(state, victim), budget);
        if (eviction.isEmpty()) {
            return false;
        }
        List<Task> victims = eviction.get().taskIds().stream()
                .flatMap(id -> state.task(id).stream())
                .toList();
        String reason = "preempted by service " + nameOf(state, task) + " (priority " + priority + ")";
        victims.forEach(victim -> preempt(turn, victim, task, reason));
        return true;
    }

    /** Only tasks that a successor takes the place of lose their node. */
    private static boolean comesBack(ClusterState state, Task task) {
        boolean ofLastingService = state.service(String.valueOf(task.serviceId()))
                .filter(service -> ServiceModes.isReplicated(service) || ServiceModes.isGlobal(service))
                .isPresent();
        return ofLastingService && Slot.isLive(task) && !Slot.isOver(task) && RestartRules.shouldMove(state, task);
    }

    private static void preempt(Turn turn, Task victim, Task claimant, String reason) {
        Map<String, String> labels = new HashMap<>(victim.labels());
        labels.put(PlacementLabels.PREEMPTED_BY, claimant.id());
        labels.put(PlacementLabels.PREEMPTED_REASON, reason);
        turn.put(victim.with(task -> task.labels(labels)
                .desiredState(TaskState.SHUTDOWN)
                .status(victim.status().withErr(reason))
                .updatedAt(turn.now())));
        Service service =
                turn.state().service(String.valueOf(victim.serviceId())).orElseThrow();
        Slot slot = Slot.of(turn.state(), service.id(), SlotKey.of(victim));
        if (slot.live().isEmpty()) {
            Task successor = TaskChanges.create(turn, service, slot.key(), TaskState.READY);
            turn.put(successor.withLabels(Map.of(PlacementLabels.SUCCESSOR_OF_PREEMPTED, victim.id())));
        }
    }

    private static String nameOf(ClusterState state, Task task) {
        return state.service(String.valueOf(task.serviceId()))
                .map(service -> String.valueOf(service.spec().name()))
                .orElse("");
    }
}
