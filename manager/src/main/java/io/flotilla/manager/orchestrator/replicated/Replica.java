package io.flotilla.manager.orchestrator.replicated;

import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.Slot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A filled slot. @param tasks that fill it */
record Replica(Slot slot, List<Task> tasks) {
    private record Ranked(Replica replica, int nthOnItsNode) {}

    /**
     * Which stay when the service is scaled down: those that run before those that do not yet, then the first on each node
     * before the second, so that the nodes with the most tasks of the service lose theirs; at last the lower number.
     */
    static List<Replica> inOrderOfStaying(List<Replica> replicas) {
        List<Replica> runningFirst = replicas.stream()
                .sorted(Comparator.comparing((Replica replica) -> !replica.isRunning())
                        .thenComparing(replica -> replica.slot().key()))
                .toList();
        Map<String, Integer> onNode = new HashMap<>();
        List<Ranked> ranked = new ArrayList<>();
        for (Replica replica : runningFirst) {
            String nodeId = replica.tasks().getLast().nodeId();
            ranked.add(new Ranked(replica, nodeId == null ? Integer.MAX_VALUE : onNode.merge(nodeId, 1, Integer::sum)));
        }
        return ranked.stream()
                .sorted(Comparator.comparing((Ranked one) -> !one.replica().isRunning())
                        .thenComparing(Ranked::nthOnItsNode))
                .map(Ranked::replica)
                .toList();
    }

    private boolean isRunning() {
        return tasks.stream().anyMatch(task -> task.state() == TaskState.RUNNING);
    }
}
