package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.Task;
import java.util.Comparator;
import java.util.Objects;

/**
 * Names a place of a service which one running task fills; what fails there is replaced there.
 *
 * @param number from 1 in a replicated service, from 0 in a replicated job; 0 on a node
 * @param nodeId of the slot of a global service or job, else empty
 */
public record SlotKey(long number, String nodeId) implements Comparable<SlotKey> {
    private static final Comparator<SlotKey> ORDER =
            Comparator.comparingLong(SlotKey::number).thenComparing(SlotKey::nodeId);

    public static SlotKey numbered(long number) {
        return new SlotKey(number, "");
    }

    public static SlotKey onNode(String nodeId) {
        return new SlotKey(0, nodeId);
    }

    /** The slot a task is in: only tasks of global services have no number, and those have a node from the beginning. */
    public static SlotKey of(Task task) {
        return task.slot() == null ? onNode(Objects.requireNonNullElse(task.nodeId(), "")) : numbered(task.slot());
    }

    public boolean isGlobal() {
        return !nodeId.isEmpty();
    }

    @Override
    public int compareTo(SlotKey other) {
        return ORDER.compare(this, other);
    }
}
