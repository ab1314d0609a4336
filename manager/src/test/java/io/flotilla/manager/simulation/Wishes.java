package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.orchestrator.autoscale.AutoscaleRules;
import io.flotilla.manager.orchestrator.rebalance.RebalanceRules;
import io.flotilla.manager.scheduler.Dependency;
import io.flotilla.manager.state.ClusterState;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What services asked for by labels and were given some time after the last fault. */
final class Wishes {
    /** Nearer to its target the scaler leaves a service as it is; a little more, as figures are rounded. */
    private static final double TOLERANCE = 0.11;

    private final World world;
    private final ClusterState state;

    Wishes(World world, ClusterState state) {
        this.world = world;
        this.state = state;
    }

    /** @return what is not as it was asked for, empty when everything is */
    Optional<String> missing() {
        return state.services().stream()
                .flatMap(service -> held(service).or(() -> uneven(service)).or(() -> scale(service)).stream())
                .findFirst()
                .or(this::values);
    }

    /** Nothing waits for what is there. */
    private Optional<String> held(Service service) {
        boolean waits = live(service).stream()
                .anyMatch(task -> task.state() == TaskState.PENDING
                        && String.valueOf(task.status().err()).startsWith(Dependency.WAITING));
        return waits && new Conditions(state, state).unmet(service).isEmpty()
                ? Optional.of(service.spec().name() + " waits for what is there: "
                        + service.spec().labels().get(Dependency.LABEL))
                : Optional.empty();
    }

    private List<Task> live(Service service) {
        return state.tasksOfService(service.id()).stream().filter(Slot::isLive).toList();
    }

    /** Whether it takes part in what only services at rest do. */
    private boolean rests(Service service) {
        List<Task> live = live(service);
        return live.size() == ServiceModes.replicas(service)
                && live.stream().allMatch(task -> task.state() == TaskState.RUNNING)
                && Fate.of(template(service)) == Fate.HEALTHY
                && !Convergence.isUpdating(service.updateStatus());
    }

    private static TaskSpec template(Service service) {
        return Objects.requireNonNull(service.spec().taskTemplate());
    }

    /** No node has two tasks more than another where every node could have them. */
    private Optional<String> uneven(Service service) {
        TaskSpec template = template(service);
        boolean anywhere = template.placement() == null
                && template.resources() == null
                && Optional.ofNullable(service.spec().endpointSpec())
                        .filter(endpoint -> !endpoint.ports().isEmpty())
                        .isEmpty();
        if (!"true".equals(service.spec().labels().get(RebalanceRules.LABEL))
                || !anywhere
                || !ServiceShape.mounts(template).isEmpty()
                || !rests(service)
                || world.invariants.everFailed(service.id())) {
            return Optional.empty();
        }
        LongSummaryStatistics tasks = state.nodes().stream()
                .filter(Wishes::takesTasks)
                .mapToLong(node -> live(service).stream()
                        .filter(task -> node.id().equals(task.nodeId()))
                        .count())
                .summaryStatistics();
        return tasks.getCount() > 0 && tasks.getMax() - tasks.getMin() > 1
                ? Optional.of(
                        service.spec().name() + " has " + tasks.getMin() + " to " + tasks.getMax() + " tasks on a node")
                : Optional.empty();
    }

    private static boolean takesTasks(Node node) {
        return node.status() != null
                && node.status().state() == NodeState.READY
                && node.spec().availability() == NodeSpec.Availability.ACTIVE;
    }

    /** As many tasks as what is asked of them needs. */
    private Optional<String> scale(Service service) {
        long replicas = ServiceModes.replicas(service);
        Map<String, String> labels = service.spec().labels();
        if (!labels.containsKey(AutoscaleRules.MAX) || replicas == 0 || !rests(service)) {
            return Optional.empty();
        }
        double demand = ServiceShape.demand(template(service));
        double byCpu = demand * 10_000_000L / (base(service) * Extras.TARGET / 100.0);
        double byMemory = demand * (1 << 20) / (Extras.MEMORY_LIMIT_BYTES * Extras.TARGET / 100.0);
        double wanted = Math.max(
                Math.max(
                        labels.containsKey(AutoscaleRules.CPU) ? byCpu : 0,
                        labels.containsKey(AutoscaleRules.MEMORY) ? byMemory : 0),
                labels.containsKey(AutoscaleRules.REQUESTS) ? demand / Extras.TARGET : 0);
        long bounded = Math.clamp((long) Math.ceil(wanted), Extras.MIN_REPLICAS, Extras.MAX_REPLICAS);
        boolean near = Math.abs(wanted / replicas - 1) <= TOLERANCE
                && replicas >= Extras.MIN_REPLICAS
                && replicas <= Extras.MAX_REPLICAS;
        return near || replicas == bounded
                ? Optional.empty()
                : Optional.of(
                        service.spec().name() + " has " + replicas + " replicas, what is asked of it needs " + bounded);
    }

    private static double base(Service service) {
        var resources = template(service).resources();
        return resources == null || resources.reservations() == null
                ? 1e9
                : Objects.requireNonNull(resources.reservations().nanoCpus());
    }

    /** Nodes have the values of their tasks and no others. */
    private Optional<String> values() {
        for (SimulatedAgent agent : world.agents()) {
            Set<String> wanted = new TreeSet<>();
            agent.held().stream().filter(HeldTask::isLive).forEach(held -> held.values()
                    .forEach(wanted::add));
            if (!agent.values().equals(wanted)) {
                return Optional.of(agent.id + " has the values " + agent.values() + ", its tasks need " + wanted);
            }
        }
        return Optional.empty();
    }
}
