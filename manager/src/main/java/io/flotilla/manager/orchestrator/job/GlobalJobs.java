package io.flotilla.manager.orchestrator.job;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.JobIterations;
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
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Gives each execution of a global job one slot on every node that meets its constraints and was there when the execution
 * began. One that was drained, paused or down takes its turn when it comes back, as in SwarmKit; a node that joins later
 * waits for the next execution.
 */
public final class GlobalJobs implements ControlLoop {
    @Override
    public void settle(Turn turn, Changed changed) {
        boolean everyJob = changed.everything() || !changed.of(ObjectKind.NODE).isEmpty();
        Map<String, Set<String>> nodes = nodesOfTasks(turn, changed);
        Set<String> services = new TreeSet<>(nodes.keySet());
        services.addAll(changed.of(ObjectKind.SERVICE));
        if (everyJob) {
            turn.state().services().forEach(service -> services.add(service.id()));
        }
        for (String id : services) {
            turn.state().service(id).filter(ServiceModes::isGlobalJob).ifPresent(job -> {
                boolean whole =
                        changed.everything() || changed.of(ObjectKind.SERVICE).contains(id);
                Set<String> touched = whole ? everyNode(turn, job) : new TreeSet<>(changed.of(ObjectKind.NODE));
                touched.addAll(nodes.getOrDefault(id, Set.of()));
                reconcile(turn, job, touched);
            });
        }
    }

    /** Where tasks of jobs changed, by service. */
    private static Map<String, Set<String>> nodesOfTasks(Turn turn, Changed changed) {
        Map<String, Set<String>> nodes = new HashMap<>();
        for (String id : changed.of(ObjectKind.TASK)) {
            Task task = turn.state().task(id).orElse(null);
            if (task != null && task.jobIteration() != null && task.serviceId() != null && task.nodeId() != null) {
                nodes.computeIfAbsent(task.serviceId(), service -> new TreeSet<>())
                        .add(task.nodeId());
            }
        }
        return nodes;
    }

    /** Those that are gone too, where tasks of the job are remembered. */
    private static Set<String> everyNode(Turn turn, Service job) {
        Set<String> ids = new TreeSet<>();
        turn.state().nodes().forEach(node -> ids.add(node.id()));
        for (Task task : turn.state().tasksOfService(job.id())) {
            if (task.nodeId() != null) {
                ids.add(task.nodeId());
            }
        }
        return ids;
    }

    private static void reconcile(Turn turn, Service job, Set<String> nodeIds) {
        List<Constraint> constraints = Constraint.of(job.spec().taskTemplate());
        Set<SlotKey> keys = new TreeSet<>();
        nodeIds.forEach(id -> keys.add(SlotKey.onNode(id)));
        for (Slot slot : Slot.of(turn.state(), job.id(), keys)) {
            JobSlots.endEarlierExecutions(turn, job, slot);
            Node node = turn.state().node(slot.key().nodeId()).orElse(null);
            if (JobSlots.isDone(job, slot)) {
                JobSlots.stopRivals(turn, job, slot);
            } else if (node == null) {
                JobSlots.forget(turn, slot);
            } else if (NodeValidity.isInvalid(turn.state(), node.id()) || !Constraint.allMatch(constraints, node)) {
                JobSlots.stopRivals(turn, job, slot);
            } else if (mayBegin(job, node) && isVacant(turn, job, slot)) {
                boolean wait = JobSlots.isStopping(turn.state(), slot);
                TaskChanges.create(turn, job, slot.key(), wait ? TaskState.READY : TaskState.COMPLETE);
            }
        }
    }

    private static boolean mayBegin(Service job, Node node) {
        Instant began = JobIterations.began(job).orElse(Instant.MIN);
        return !NodeValidity.isPaused(node) && !node.createdAt().isAfter(began);
    }

    // one that failed for good keeps its slot; one that was stopped because of its node does not
    private static boolean isVacant(Turn turn, Service job, Slot slot) {
        if (JobSlots.isUnderWay(job, slot)) {
            return false;
        }
        return slot.newest()
                .filter(task -> JobIterations.isPresent(job, task))
                .filter(Slot::endedByItself)
                .map(task -> RestartRules.shouldRestart(turn.state(), slot, task))
                .orElse(true);
    }
}
