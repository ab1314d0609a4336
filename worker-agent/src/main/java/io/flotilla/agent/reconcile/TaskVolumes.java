package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.csi.ClusterVolumes;
import io.flotilla.bus.report.Report;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * The tasks as the node's cluster volumes know them.
 *
 * @param workers as they are at any time
 */
record TaskVolumes(Outbox outbox, Collection<TaskWorker> workers) implements ClusterVolumes.Host {
    /** Of heartbeats sent each second one may be late; managers give a node up after more than that. */
    private static final Duration LATELY = Duration.ofSeconds(2);

    /** A task has its volumes from before its container is made until nothing of that is left in the kernel. */
    static void adopt(ClusterVolumes volumes, List<TaskRecord> tasks) {
        for (TaskRecord task : tasks) {
            ContainerRecord container = task.container();
            if (task.containerId() != null && (container == null || !container.released())) {
                volumes.adopt(task.assignment().id(), task.assignment().volumes());
            }
        }
    }

    @Override
    public void report(String about, Report report) {
        outbox.report(about, report);
    }

    @Override
    public boolean isHeard() {
        return outbox.isHeard(LATELY);
    }

    @Override
    public void volumeChanged() {
        workers.stream()
                .filter(worker -> !worker.record().assignment().volumes().isEmpty())
                .forEach(TaskWorker::converge);
    }
}
