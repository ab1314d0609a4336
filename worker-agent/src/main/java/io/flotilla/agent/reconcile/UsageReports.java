package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.network.ContainerNetwork;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.runtime.ResourceUsage;
import io.flotilla.bus.report.Report;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells what tasks use whose services are scaled by it; costs nothing where there are none. Called at its interval from the
 * agent's pool; a call that comes while the one before still reads waits for it.
 */
final class UsageReports {
    private static final Logger LOG = Logger.getLogger(UsageReports.class);

    private final String nodeId;
    private final ContainerRuntime runtime;
    private final ContainerNetwork network;
    private final Outbox outbox;

    /** The last sample of each task reported on, by container. */
    private Map<String, Sample> before = new HashMap<>();

    /** Why connections could not be counted the last time; null when they could. */
    private @Nullable String uncounted;

    /** @param connections null where they are not counted */
    record Sample(ResourceUsage usage, @Nullable Connections connections) {}

    /**
     * So many since they are counted.
     *
     * @param readNanos on {@link System#nanoTime}'s scale: a clock that is set would make a rate of its own
     */
    record Connections(long count, long readNanos) {}

    UsageReports(String nodeId, ContainerRuntime runtime, ContainerNetwork network, Outbox outbox) {
        this.nodeId = nodeId;
        this.runtime = runtime;
        this.network = network;
        this.outbox = outbox;
    }

    /** @param tasks all of the node; a task is reported on from its second sample */
    synchronized void report(List<TaskRecord> tasks) {
        Map<String, Connections> connections = connections(tasks);
        Map<String, Sample> now = new HashMap<>();
        List<Report.TasksUsed.Usage> usages = new ArrayList<>();
        for (TaskRecord task : tasks) {
            ContainerRecord container = task.container();
            if (container == null || !container.running() || !isAskedFor(task)) {
                continue;
            }
            usage(container.id()).ifPresent(usage -> {
                Sample sample = new Sample(usage, connections.get(container.id()));
                now.put(container.id(), sample);
                Sample last = before.get(container.id());
                if (last != null) {
                    usages.add(between(task.assignment().id(), last, sample));
                }
            });
        }
        before = now;
        if (!usages.isEmpty()) {
            outbox.report("usage", new Report.TasksUsed(nodeId, usages));
        }
    }

    private static boolean isAskedFor(TaskRecord task) {
        return task.assignment().serviceLabels().keySet().stream()
                .anyMatch(label -> label.startsWith(Report.TasksUsed.LABELS));
    }

    /** Of those that are asked for, by container; none when they could not be read. */
    private Map<String, Connections> connections(List<TaskRecord> tasks) {
        Set<String> asked = tasks.stream()
                .filter(task -> task.assignment().serviceLabels().containsKey(Report.TasksUsed.REQUESTS))
                .map(TaskRecord::container)
                .filter(container -> container != null && container.running())
                .map(container -> Objects.requireNonNull(container).id())
                .collect(Collectors.toSet());
        Map<String, Connections> read = new HashMap<>();
        try {
            Map<String, Long> counts = network.connections(asked);
            long readNanos = System.nanoTime();
            counts.forEach((container, count) -> read.put(container, new Connections(count, readNanos)));
            uncounted = null;
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).equals(uncounted)) {
                LOG.warnf("connections could not be counted, which is tried again: %s", e.getMessage());
            }
            uncounted = String.valueOf(e.getMessage());
        }
        return read;
    }

    // without a sample the managers decide nothing, and explain what the service has
    private Optional<ResourceUsage> usage(String containerId) {
        try {
            return runtime.usage(containerId);
        } catch (IOException e) {
            LOG.warnf(
                    "what container %s uses could not be read, which is tried again: %s", containerId, e.getMessage());
            return Optional.empty();
        }
    }

    static Report.TasksUsed.Usage between(String taskId, Sample last, Sample now) {
        ResourceUsage before = last.usage();
        ResourceUsage usage = now.usage();
        long nanos =
                Math.max(1, Duration.between(before.readAt(), usage.readAt()).toNanos());
        double cpus = Math.max(0, usage.cpuTotalNanos() - before.cpuTotalNanos()) / (double) nanos;
        return new Report.TasksUsed.Usage(
                taskId,
                Math.round(cpus * 1e9),
                usage.memoryUsageBytes() - inactiveFile(usage),
                perSecond(last.connections(), now.connections()));
    }

    /** Null where there are not two counts of one counter: one that is lower than before was begun anew. */
    private static @Nullable Double perSecond(@Nullable Connections last, @Nullable Connections now) {
        return last == null || now == null || now.count() < last.count()
                ? null
                : (Double) ((now.count() - last.count()) * 1e9 / Math.max(1, now.readNanos() - last.readNanos()));
    }

    /** As docker stats: cgroup v1 sums a hierarchy up in its total_ fields. */
    private static long inactiveFile(ResourceUsage usage) {
        @Nullable Long total = usage.memoryStats().get("total_inactive_file");
        long inactive = total == null ? usage.memoryStats().getOrDefault("inactive_file", 0L) : total;
        return Math.min(inactive, usage.memoryUsageBytes());
    }
}
