package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The tasks that wait for the scheduler: in groups of like ones, or one by one when their node is given. */
final class PendingTasks {
    private final SortedMap<TaskGroup, SortedSet<String>> groups = new TreeMap<>();
    private final Map<String, TaskGroup> groupOf = new HashMap<>();
    private final SortedSet<String> preassigned = new TreeSet<>();

    /** Takes note of a task as it is now. @param task null when it was removed */
    void changed(String id, @Nullable Task task) {
        TaskGroup group = task != null && waits(task) && task.nodeId() == null ? TaskGroup.of(task) : null;
        TaskGroup before = groupOf.get(id);
        if (!Objects.equals(before, group)) {
            leave(id, before);
            if (group != null) {
                groupOf.put(id, group);
                groups.computeIfAbsent(group, g -> new TreeSet<>()).add(id);
            }
        }
        if (task != null && waits(task) && task.nodeId() != null) {
            preassigned.add(id);
        } else {
            preassigned.remove(id);
        }
    }

    private void leave(String id, @Nullable TaskGroup group) {
        SortedSet<String> members = group == null ? null : groups.get(group);
        if (members == null || group == null) {
            return;
        }
        groupOf.remove(id);
        members.remove(id);
        if (members.isEmpty()) {
            groups.remove(group);
        }
    }

    private static boolean waits(Task task) {
        return task.state() == TaskState.PENDING && task.desiredState().compareTo(TaskState.COMPLETE) <= 0;
    }

    Set<TaskGroup> groups() {
        return groups.keySet();
    }

    SortedSet<String> tasksOf(TaskGroup group) {
        return groups.getOrDefault(group, new TreeSet<>());
    }

    SortedSet<String> preassigned() {
        return preassigned;
    }

    boolean waits(String taskId) {
        return groupOf.containsKey(taskId) || preassigned.contains(taskId);
    }
}
