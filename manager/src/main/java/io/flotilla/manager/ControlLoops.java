package io.flotilla.manager;

import io.flotilla.manager.allocator.Allocator;
import io.flotilla.manager.allocator.PortAllocation;
import io.flotilla.manager.orchestrator.RemovedServices;
import io.flotilla.manager.orchestrator.enforce.ConstraintEnforcer;
import io.flotilla.manager.orchestrator.enforce.LostNodes;
import io.flotilla.manager.orchestrator.global.GlobalOrchestrator;
import io.flotilla.manager.orchestrator.job.CronJobs;
import io.flotilla.manager.orchestrator.job.GlobalJobs;
import io.flotilla.manager.orchestrator.job.ReplicatedJobs;
import io.flotilla.manager.orchestrator.preempt.Preemption;
import io.flotilla.manager.orchestrator.reaper.RevisionReaper;
import io.flotilla.manager.orchestrator.reaper.TaskReaper;
import io.flotilla.manager.orchestrator.rebalance.Rebalancer;
import io.flotilla.manager.orchestrator.replicated.ReplicatedOrchestrator;
import io.flotilla.manager.orchestrator.restart.RestartSupervisor;
import io.flotilla.manager.orchestrator.update.UpdateSupervisor;
import io.flotilla.manager.orchestrator.volume.VolumeEnforcer;
import io.flotilla.manager.orchestrator.volume.VolumePublisher;
import io.flotilla.manager.scheduler.Scheduler;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.TaskTransitions.Maker;
import io.flotilla.manager.state.Turn;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The control loops of a manager. Made anew by each leader: what they keep is rebuilt from the state. */
public final class ControlLoops {
    private ControlLoops() {}

    /** All of them, in the order in which they are called. */
    public static List<ControlLoop> standard() {
        Scheduler scheduler = new Scheduler();
        return List.of(
                new Owned(Maker.ORCHESTRATOR, new RemovedServices()),
                new Owned(Maker.ORCHESTRATOR, new ReplicatedOrchestrator()),
                new Owned(Maker.ORCHESTRATOR, new GlobalOrchestrator()),
                new Owned(Maker.ORCHESTRATOR, new ReplicatedJobs()),
                new Owned(Maker.ORCHESTRATOR, new GlobalJobs()),
                new Owned(Maker.ORCHESTRATOR, new CronJobs()),
                new Owned(Maker.ORCHESTRATOR, new UpdateSupervisor(PortAllocation::conflict)),
                new Owned(Maker.ORCHESTRATOR, new RestartSupervisor()),
                new Owned(Maker.ORCHESTRATOR, new Rebalancer()),
                new Owned(Maker.ALLOCATOR, new Allocator()),
                new Owned(Maker.SCHEDULER, scheduler),
                new Owned(Maker.ORCHESTRATOR, new Preemption(scheduler)),
                new Owned(Maker.ORCHESTRATOR, new ConstraintEnforcer()),
                new Owned(Maker.ORCHESTRATOR, new VolumeEnforcer()),
                new Owned(Maker.ORCHESTRATOR, new LostNodes()),
                new Owned(Maker.ORCHESTRATOR, new VolumePublisher()),
                new Owned(Maker.ORCHESTRATOR, new TaskReaper()),
                new Owned(Maker.ORCHESTRATOR, new RevisionReaper()));
    }

    /** A loop under the name its transitions are checked by. */
    private record Owned(Maker maker, ControlLoop loop) implements ControlLoop {
        @Override
        public void settle(Turn turn, Changed changed) {
            loop.settle(turn, changed);
        }

        @Override
        public Optional<Instant> wakeAt() {
            return loop.wakeAt();
        }
    }
}
