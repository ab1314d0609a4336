package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Task;
import java.util.Comparator;
import java.util.Objects;

/** Tasks that are alike for the scheduler: of one service and one revision of its spec. */
record TaskGroup(String serviceId, long specVersion) implements Comparable<TaskGroup> {
    private static final Comparator<TaskGroup> ORDER =
            Comparator.comparing(TaskGroup::serviceId).thenComparing(TaskGroup::specVersion);

    static TaskGroup of(Task task) {
        return new TaskGroup(
                Objects.requireNonNullElse(task.serviceId(), ""), Objects.requireNonNullElse(task.specVersion(), 0L));
    }

    @Override
    public int compareTo(TaskGroup other) {
        return ORDER.compare(this, other);
    }
}
