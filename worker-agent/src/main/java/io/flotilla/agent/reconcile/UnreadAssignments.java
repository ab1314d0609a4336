package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.NodeIdentity;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatusBuilder;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Assignments this node was given and can't read, by a newer manager perhaps, and why: a task of which nothing else is known
 * is rejected for it, anything else is said of the node. At most as many as the node has assignments. Thread-safe.
 */
final class UnreadAssignments {
    private final NodeIdentity node;
    private final Outbox outbox;
    private final InstantSource clock;
    private final Map<String, String> tasks = new TreeMap<>();
    private final Map<String, String> others = new TreeMap<>();

    UnreadAssignments(NodeIdentity node, Outbox outbox, InstantSource clock) {
        this.node = node;
        this.outbox = outbox;
        this.clock = clock;
    }

    /** A task no worker has. */
    synchronized void addTask(String taskId, String reason) {
        tasks.put(taskId, reason);
        report(taskId, reason);
    }

    synchronized void addOther(String key, String reason) {
        others.put(key, reason);
    }

    /** It can be read now, or was taken back. @return whether something was said of the node for it */
    synchronized boolean remove(String kind, String id) {
        tasks.remove(id);
        return others.remove(kind + "/" + id) != null;
    }

    synchronized void reportAll() {
        tasks.forEach(this::report);
    }

    /** What the node's status is to say; null when there is nothing. */
    synchronized @Nullable String nodeMessage() {
        return others.isEmpty()
                ? null
                : "assignments not followed: "
                        + String.join(
                                "; ",
                                others.entrySet().stream()
                                        .limit(3)
                                        .map(each -> each.getKey() + ": " + each.getValue())
                                        .toList())
                        + (others.size() > 3 ? "; and " + (others.size() - 3) + " more" : "");
    }

    private void report(String taskId, String reason) {
        outbox.report(
                "task/" + taskId,
                new Report.TaskObserved(
                        node.id(),
                        taskId,
                        TaskStatusBuilder.builder()
                                .timestamp(clock.instant())
                                .state(TaskState.REJECTED)
                                .message("assigned")
                                .err(reason)
                                .build()));
    }
}
