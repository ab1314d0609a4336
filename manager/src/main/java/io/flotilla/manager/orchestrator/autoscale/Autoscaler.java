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
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BinaryOperator;
import java.util.function.ToDoubleFunction;
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

    private record Sample(Instant at, Report.TasksUsed.Usage usage) {
        /** Of what the service is since it last changed, of this moment, and with what is asked for. */
        boolean tells(Service service, AutoscaleRules rules, Instant now) {
            return at.plus(FRESH).isAfter(now)
                    && at.isAfter(service.updatedAt())
                    && (rules.requests() == null || usage.connectionsPerSecond() != null);
        }
    }

    /** How many times its target a mean is, and how it is told. */
    private record Load(double ratio, String reason) {}

    private final Map<String, Sample> samples = new HashMap<>();
    private final Set<String> heardOf = new TreeSet<>();

    /** What a node reports of its tasks; of others than its own nothing is taken. */
    public void heard(Turn turn, Report.TasksUsed used) {
        for (Report.TasksUsed.Usage usage : used.usages()) {
            Task task = turn.state().task(usage.taskId()).orElse(null);
            if (task != null && task.serviceId() != null && used.nodeId().equals(task.nodeId())) {
                samples.put(task.id(), new Sample(turn.now(), usage));
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
            List<Report.TasksUsed.Usage> all = samplesOf(turn, service, rules, replicas);
            if (all != null) {
                decide(turn, service, rules, all);
            }
        }
    }

    /** Of each wanted task a fresh one; null when a task does not run, or what matters of it was not heard of lately. */
    private @Nullable List<Report.TasksUsed.Usage> samplesOf(
            Turn turn, Service service, AutoscaleRules rules, long replicas) {
        List<Report.TasksUsed.Usage> found = new ArrayList<>();
        for (Task task : turn.state().tasksOfService(service.id())) {
            if (!Slot.isLive(task)) {
                continue;
            }
            Sample sample = samples.get(task.id());
            if (task.state() != TaskState.RUNNING || sample == null || !sample.tells(service, rules, turn.now())) {
                return null;
            }
            found.add(sample.usage());
        }
        return found.size() == replicas ? found : null;
    }

    private static void decide(Turn turn, Service service, AutoscaleRules rules, List<Report.TasksUsed.Usage> all) {
        Load most = loads(rules, all).stream()
                .reduce(BinaryOperator.maxBy(Comparator.comparingDouble(Load::ratio)))
                .orElseThrow();
        if (Math.abs(most.ratio() - 1) <= TOLERANCE) {
            return;
        }
        long replicas = all.size();
        // at most twice, at least half as many: what follows is looked at before the next step
        long wanted = Math.clamp((long) Math.ceil(replicas * most.ratio()), (replicas + 1) / 2, replicas * 2);
        long bounded = Math.clamp(wanted, rules.min(), rules.max());
        if (bounded != replicas) {
            scale(turn, service, bounded, most.reason());
        }
    }

    /** One for each target. */
    private static List<Load> loads(AutoscaleRules rules, List<Report.TasksUsed.Usage> all) {
        List<Load> loads = new ArrayList<>();
        if (rules.cpuPercent() != null) {
            double percent = 100 * mean(all, Report.TasksUsed.Usage::nanoCpus) / rules.cpuBase();
            loads.add(share("CPU", percent, rules.cpuPercent()));
        }
        if (rules.memoryPercent() != null) {
            double percent = 100 * mean(all, Report.TasksUsed.Usage::memoryBytes) / rules.memoryBase();
            loads.add(share("memory", percent, rules.memoryPercent()));
        }
        if (rules.requests() != null) {
            double perSecond = mean(all, usage -> Objects.requireNonNullElse(usage.connectionsPerSecond(), 0.0));
            loads.add(new Load(
                    perSecond / rules.requests(),
                    "tasks get " + rate(perSecond) + " connections/s in the mean, the target is " + rules.requests()));
        }
        return loads;
    }

    private static double mean(List<Report.TasksUsed.Usage> all, ToDoubleFunction<Report.TasksUsed.Usage> of) {
        return all.stream().mapToDouble(of).average().orElse(0);
    }

    private static Load share(String what, double percent, long target) {
        return new Load(
                percent / target,
                "tasks use " + Math.round(percent) + "% " + what + " in the mean, the target is " + target + "%");
    }

    /** With one decimal where that tells more. */
    private static String rate(double perSecond) {
        long tenths = Math.round(perSecond * 10);
        return tenths < 100 && tenths % 10 != 0
                ? tenths / 10 + "." + tenths % 10
                : String.valueOf(Math.round(perSecond));
    }

    private static void scale(Turn turn, Service service, long replicas, String reason) {
        ServiceRevisions.scaled(
                turn, service, new ScaleDecision(turn.now(), ServiceModes.replicas(service), replicas, reason));
    }
}
