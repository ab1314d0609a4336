package io.flotilla.manager.orchestrator.job;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.JobIterations;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.SlotKey;
import io.flotilla.manager.orchestrator.TaskChanges;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Gives a replicated job as many slots as it is to be completed, numbered from 0 (clients count on it), no more of them
 * under way at a time than its concurrency. A slot is done for the present execution once a task of it completed, and given
 * up when its restart policy allows no further try: in between it is the restart supervisor's.
 */
public final class ReplicatedJobs implements ControlLoop {
    @Override
    public void settle(Turn turn, Changed changed) {
        Set<String> services = new TreeSet<>(changed.of(ObjectKind.SERVICE));
        if (changed.everything()) {
            turn.state().services().forEach(service -> services.add(service.id()));
        }
        for (String id : changed.of(ObjectKind.TASK)) {
            turn.state()
                    .task(id)
                    .filter(task -> task.jobIteration() != null)
                    .map(Task::serviceId)
                    .ifPresent(services::add);
        }
        for (String id : services) {
            turn.state()
                    .service(id)
                    .filter(ServiceModes::isReplicatedJob)
                    .ifPresent(service -> reconcile(turn, service));
        }
    }

    private static void reconcile(Turn turn, Service service) {
        Map<SlotKey, Slot> slots = Slot.allOf(turn.state(), service.id());
        slots.values().forEach(slot -> JobSlots.endEarlierExecutions(turn, service, slot));
        if (JobIterations.began(service).isEmpty()) {
            return;
        }
        long total = ServiceModes.totalCompletions(service);
        long active = 0;
        for (Slot slot : slots.values()) {
            if (slot.key().number() >= total) {
                JobSlots.forget(turn, slot);
            } else if (JobSlots.isDone(service, slot)) {
                JobSlots.stopRivals(turn, service, slot);
            } else if (JobSlots.isUnderWay(service, slot)) {
                active++;
            }
        }
        begin(turn, service, slots, Math.min(ServiceModes.maxConcurrent(service) - active, total));
    }

    /** Makes a task in each of the lowest slots that had none in this execution. */
    private static void begin(Turn turn, Service service, Map<SlotKey, Slot> slots, long most) {
        long made = 0;
        for (long number = 0; made < most && number < ServiceModes.totalCompletions(service); number++) {
            SlotKey key = SlotKey.numbered(number);
            Slot slot = slots.get(key);
            if (slot == null || JobSlots.isVacant(service, slot)) {
                boolean wait = slot != null && JobSlots.isStopping(turn.state(), slot);
                TaskChanges.create(turn, service, key, wait ? TaskState.READY : TaskState.COMPLETE);
                made++;
            }
        }
    }
}
