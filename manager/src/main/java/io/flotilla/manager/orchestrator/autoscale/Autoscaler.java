package io.flotilla.manager.orchestrator.autoscale;

import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ScaleDecision;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.ServiceRevisions;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.UpdatePhase;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Sets the replicas of services that ask for it to what brings the mean use of their tasks to the target. What nodes report
 * lives in the leader's memory only, one sample a task: what commits is the decision, and a new leader decides when it has
 * heard of every task. Nothing is decided during an update, while a task is not running, and for the cooldown after any change of
 * the service, so that each decision is judged by what followed from the one before.
 */
public final class Autoscaler implements ControlLoop {
    /** Nodes report each five seconds. */
    private static final Duration FRESH = Duration.ofSeconds(20);

    /** A mean nearer to its target than that is good enough. */
    private static final double TOLERANCE = 0.1;

    private record Sample(Instant at, long nanoCpus, long memoryBytes) {}

    private final Map<String, Sample> samples = new HashMap<>();
    private final Set<String> heardOf = new TreeSet<>();

    /** What a node reports of its tasks; of others than its own nothing is taken. */
    public void heard(Turn turn, Report.TasksUsed used) {
        for (Report.TasksUsed.Usage usage : used.usages()) {
            Task task = turn.state().task(usage.taskId()).orElse(null);
            if (task != null && task.serviceId() != null && used.nodeId().equals(task.nodeId())) {
                samples.put(task.id(), new Sample(turn.now(), usage.nanoCpus(), usage.memoryBytes()));
                heardOf.add(task.serviceId());
            }
        }
    }

    @Override
    public void settle(Turn turn, Changed changed) {
        Set<String> services = new TreeSet<>(changed.of(ObjectKind.SERVICE));
        if (changed.everything()) {
            samples.clear();
            turn.state().services().forEach(service -> services.add(service.id()));
        }
        changed.of(ObjectKind.TASK).stream()
                .filter(id -> turn.state().task(id).isEmpty())
                .forEach(samples::remove);
        services.addAll(heardOf);
        heardOf.clear();
        for (String id : services) {
            turn.state().service(id).filter(ServiceModes::isReplicated).ifPresent(service -> AutoscaleRules.of(
                            service.spec())
                    .ifPresent(rules -> judge(turn, service, rules)));
        }
    }

    private void judge(Turn turn, Service service, AutoscaleRules rules) {
        long replicas = ServiceModes.replicas(service);
        if (replicas == 0) {
            return; // its user stopped it
        }
        if (replicas < rules.min()) {
            scale(turn, service, rules.min(), "there are to be at least " + rules.min());
        } else if (replicas > rules.max()) {
            scale(turn, service, rules.max(), "there are to be at most " + rules.max());
        } else if (!UpdatePhase.isUnderWay(service)
                && !service.updatedAt().plus(rules.cooldown()).isAfter(turn.now())) {
            List<Sample> all = samplesOf(turn, service, replicas);
            if (all != null) {
                decide(turn, service, rules, all);
            }
        }
    }

    /** Of each wanted task a fresh one; null when a task does not run, or was not heard of lately. */
    private @Nullable List<Sample> samplesOf(Turn turn, Service service, long replicas) {
        List<Sample> found = new ArrayList<>();
        for (Task task : turn.state().tasksOfService(service.id())) {
            if (!Slot.isLive(task)) {
                continue;
            }
            Sample sample = samples.get(task.id());
            boolean usable = task.state() == TaskState.RUNNING
                    && sample != null
                    && sample.at().plus(FRESH).isAfter(turn.now())
                    && sample.at().isAfter(service.updatedAt());
            if (!usable) {
                return null;
            }
            found.add(sample);
        }
        return found.size() == replicas ? found : null;
    }

    private static void decide(Turn turn, Service service, AutoscaleRules rules, List<Sample> all) {
        double cpu = percent(all, Sample::nanoCpus, rules.cpuBase());
        double memory = percent(all, Sample::memoryBytes, rules.memoryBase());
        double byCpu = rules.cpuPercent() == null ? 0 : cpu / rules.cpuPercent();
        double byMemory = rules.memoryPercent() == null ? 0 : memory / rules.memoryPercent();
        double ratio = Math.max(byCpu, byMemory);
        if (Math.abs(ratio - 1) <= TOLERANCE) {
            return;
        }
        long replicas = all.size();
        // at most twice, at least half as many: what follows is looked at before the next step
        long wanted = Math.clamp((long) Math.ceil(replicas * ratio), (replicas + 1) / 2, replicas * 2);
        long bounded = Math.clamp(wanted, rules.min(), rules.max());
        if (bounded != replicas) {
            scale(
                    turn,
                    service,
                    bounded,
                    byCpu >= byMemory
                            ? figures("CPU", cpu, rules.cpuPercent())
                            : figures("memory", memory, rules.memoryPercent()));
        }
    }

    private static double percent(List<Sample> all, ToLongFunction<Sample> of, long base) {
        return base == 0 ? 0 : 100 * all.stream().mapToLong(of).average().orElse(0) / base;
    }

    private static String figures(String what, double percent, @Nullable Long target) {
        return "tasks use " + Math.round(percent) + "% " + what + " in the mean, the target is " + target + "%";
    }

    private static void scale(Turn turn, Service service, long replicas, String reason) {
        ServiceRevisions.scaled(
                turn, service, new ScaleDecision(turn.now(), ServiceModes.replicas(service), replicas, reason));
    }
}
