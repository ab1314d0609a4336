package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.NodeIdentity;
import io.flotilla.agent.csi.ClusterVolumes;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.value.HeldValues;
import io.flotilla.agent.value.ValueFiles;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * What all workers of a node share.
 *
 * @param pool of platform threads: the runtime's calls block
 * @param containerIds 64 random hexadecimal digits each
 */
record WorkerPorts(
        NodeIdentity node,
        ContainerRuntime runtime,
        ContainerSteps containers,
        ImageInventory images,
        HeldValues values,
        ValueFiles valueFiles,
        ClusterVolumes clusterVolumes,
        Outbox outbox,
        ContainerEvents events,
        InstantSource clock,
        Executor pool,
        ScheduledExecutorService timer,
        Supplier<String> containerIds) {
    private static final Logger LOG = Logger.getLogger(WorkerPorts.class);

    /**
     * Where a worker's own record is kept.
     *
     * @param forget takes the worker away, when its record is gone
     */
    record Memory<T, W>(Journal<T> journal, Consumer<W> forget) {}

    void later(Duration delay, Runnable what) {
        try {
            var scheduled = timer.schedule(what, delay.toMillis(), TimeUnit.MILLISECONDS);
            if (scheduled.isCancelled()) {
                LOG.debug("the timer is closing");
            }
        } catch (RejectedExecutionException closing) {
            // the next agent looks at everything again
            LOG.debug("not scheduled: the agent is closing");
        }
    }

    void onQueue(SerialQueue queue, Runnable job) {
        try {
            queue.execute(job);
        } catch (RejectedExecutionException closing) {
            LOG.debugf("not looked at: %s", closing.getMessage());
        }
    }
}
