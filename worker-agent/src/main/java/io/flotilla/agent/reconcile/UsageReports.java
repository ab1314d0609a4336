package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.runtime.ResourceUsage;
import io.flotilla.bus.report.Report;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private final Outbox outbox;

    /** The last sample of each task reported on, by container. */
    private Map<String, ResourceUsage> before = new HashMap<>();

    UsageReports(String nodeId, ContainerRuntime runtime, Outbox outbox) {
        this.nodeId = nodeId;
        this.runtime = runtime;
        this.outbox = outbox;
    }

    /** @param tasks all of the node; a task is reported on from its second sample */
    synchronized void report(List<TaskRecord> tasks) {
        Map<String, ResourceUsage> now = new HashMap<>();
        List<Report.TasksUsed.Usage> usages = new ArrayList<>();
        for (TaskRecord task : tasks) {
            ContainerRecord container = task.container();
            if (container == null || !container.running() || !isAskedFor(task)) {
                continue;
            }
            usage(container.id()).ifPresent(usage -> {
                now.put(container.id(), usage);
                ResourceUsage last = before.get(container.id());
                if (last != null) {
                    usages.add(between(task.assignment().id(), last, usage));
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

    static Report.TasksUsed.Usage between(String taskId, ResourceUsage last, ResourceUsage now) {
        long nanos = Math.max(1, Duration.between(last.readAt(), now.readAt()).toNanos());
        double cpus = Math.max(0, now.cpuTotalNanos() - last.cpuTotalNanos()) / (double) nanos;
        return new Report.TasksUsed.Usage(taskId, Math.round(cpus * 1e9), now.memoryUsageBytes() - inactiveFile(now));
    }

    /** As docker stats: cgroup v1 sums a hierarchy up in its total_ fields. */
    private static long inactiveFile(ResourceUsage usage) {
        @Nullable Long total = usage.memoryStats().get("total_inactive_file");
        long inactive = total == null ? usage.memoryStats().getOrDefault("inactive_file", 0L) : total;
        return Math.min(inactive, usage.memoryUsageBytes());
    }
}
