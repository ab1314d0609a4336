package io.flotilla.manager.state;

import java.time.Instant;
import java.util.Optional;

/**
 * A part of the manager that brings the state nearer to what is wanted: an orchestrator, the allocator, the scheduler, the
 * reaper. Deterministic and single-threaded, without clock, random source, thread or I/O; what it keeps beside the state
 * is derived from it: each leader makes its loops anew, and their first turn has {@link Changed#everything()}.
 */
public interface ControlLoop {

    /**
     * Reacts to what changed, by putting and removing objects in the turn. The controller calls all loops in their order,
     * again and again until a round changes nothing. Called with {@link Changed#nothing()} when {@link #wakeAt} has come.
     */
    void settle(Turn turn, Changed changed);

    /** The earliest moment at which there is something to do though nothing changes: a restart delay, an update's delay. */
    default Optional<Instant> wakeAt() {
        return Optional.empty();
    }

    /** Whose the transitions are that this loop makes tasks take. */
    default TaskTransitions.Maker maker() {
        return TaskTransitions.Maker.UNNAMED;
    }
}
