package io.flotilla.manager;

import io.flotilla.manager.allocator.Allocator;
import io.flotilla.manager.orchestrator.RemovedServices;
import io.flotilla.manager.orchestrator.reaper.RevisionReaper;
import io.flotilla.manager.orchestrator.reaper.TaskReaper;
import io.flotilla.manager.orchestrator.replicated.ReplicatedOrchestrator;
import io.flotilla.manager.scheduler.Scheduler;
import io.flotilla.manager.state.ControlLoop;
import java.util.List;

/** The control loops of a manager. Made anew by each leader: what they keep is rebuilt from the state. */
public final class ControlLoops {
    private ControlLoops() {}

    /** All of them, in the order in which they are called. */
    public static List<ControlLoop> standard() {
        return List.of(
                new RemovedServices(),
                new ReplicatedOrchestrator(),
                new Allocator(),
                new Scheduler(),
                new TaskReaper(),
                new RevisionReaper());
    }
}
