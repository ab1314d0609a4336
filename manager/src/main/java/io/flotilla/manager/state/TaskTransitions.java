package io.flotilla.manager.state;

import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * SwarmKit's task model as a table: states only increase, and each step has an owner. {@link Turn#put} checks every task
 * against it; a breach is a bug of the manager and halts it before anything is committed.
 */
public final class TaskTransitions {

    /** Who changes a task. */
    public enum Maker {
        /** Nobody in particular, as in a loop's own unit test: only the order of states is checked. */
        UNNAMED,
        /** Makes tasks, sets their desired state, gives up those that fit their node no more or whose node is gone. */
        ORCHESTRATOR,
        ALLOCATOR,
        SCHEDULER,
        /** Through its reports: everything that happens to the task on its node. */
        AGENT
    }

    private static final Map<Maker, Set<TaskState>> INTO = new EnumMap<>(Map.of(
            // REJECTED: the constraint enforcer's; SHUTDOWN: of what no node ever had
            Maker.ORCHESTRATOR, EnumSet.of(TaskState.REJECTED, TaskState.SHUTDOWN, TaskState.ORPHANED),
            Maker.ALLOCATOR, EnumSet.of(TaskState.ALLOCATED, TaskState.PENDING),
            Maker.SCHEDULER, EnumSet.of(TaskState.ASSIGNED),
            Maker.AGENT, EnumSet.range(TaskState.ACCEPTED, TaskState.REJECTED)));

    private static final Map<Maker, Set<TaskState>> OUT_OF = new EnumMap<>(Map.of(
            Maker.ORCHESTRATOR, EnumSet.range(TaskState.NEW, TaskState.REJECTED),
            Maker.ALLOCATOR, EnumSet.of(TaskState.NEW, TaskState.ALLOCATED),
            Maker.SCHEDULER, EnumSet.of(TaskState.PENDING),
            Maker.AGENT, EnumSet.range(TaskState.ASSIGNED, TaskState.RUNNING)));

    private TaskTransitions() {}

    /** Whether a maker may take a task from one state to a later one. */
    public static boolean allows(Maker maker, TaskState from, TaskState to) {
        if (from.compareTo(to) >= 0) {
            return false;
        }
        return maker == Maker.UNNAMED
                || set(OUT_OF, maker).contains(from) && set(INTO, maker).contains(to);
    }

    /** @throws IllegalStateException when the change is not the maker's to make */
    static void check(Maker maker, @Nullable Task before, Task after) {
        if (before == null) {
            if (maker == Maker.UNNAMED || maker == Maker.ORCHESTRATOR) {
                return;
            }
            throw breach(maker, after, "made the task");
        }
        TaskState from = before.state();
        TaskState to = after.state();
        if (from != to && !allows(maker, from, to)) {
            throw breach(maker, after, "took it from " + from);
        }
        if (before.desiredState().compareTo(after.desiredState()) > 0) {
            throw breach(maker, after, "lowered its desired state from " + before.desiredState());
        }
        if (maker == Maker.AGENT && before.desiredState() != after.desiredState()) {
            throw breach(maker, after, "set its desired state");
        }
        if (before.nodeId() != null && !before.nodeId().equals(after.nodeId())) {
            throw breach(maker, after, "moved it from node " + before.nodeId());
        }
        if (!Objects.equals(before.nodeId(), after.nodeId()) && maker != Maker.UNNAMED && maker != Maker.SCHEDULER) {
            throw breach(maker, after, "gave it a node");
        }
    }

    private static Set<TaskState> set(Map<Maker, Set<TaskState>> table, Maker maker) {
        return table.getOrDefault(maker, Set.of());
    }

    private static IllegalStateException breach(Maker maker, Task task, String what) {
        return new IllegalStateException("task " + task.id() + " in state " + task.state() + ", desired "
                + task.desiredState() + ": " + maker + " " + what);
    }
}
