package io.flotilla.manager;

import io.flotilla.manager.allocator.Allocator;
import io.flotilla.manager.orchestrator.RemovedServices;
import io.flotilla.manager.orchestrator.enforce.ConstraintEnforcer;
import io.flotilla.manager.orchestrator.enforce.LostNodes;
import io.flotilla.manager.orchestrator.global.GlobalOrchestrator;
import io.flotilla.manager.orchestrator.reaper.RevisionReaper;
import io.flotilla.manager.orchestrator.reaper.TaskReaper;
import io.flotilla.manager.orchestrator.replicated.ReplicatedOrchestrator;
import io.flotilla.manager.orchestrator.restart.RestartSupervisor;
import io.flotilla.manager.orchestrator.update.UpdateSupervisor;
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
                new GlobalOrchestrator(),
                new UpdateSupervisor(),
                new RestartSupervisor(),
                new Allocator(),
                new Scheduler(),
                new ConstraintEnforcer(),
                new LostNodes(),
                new TaskReaper(),
                new RevisionReaper());
    }
}
