package io.flotilla.manager.orchestrator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.ClusterBuilder;
import io.flotilla.bus.schema.ContainerBuilder;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerInspectResponseBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.ContainerStateBuilder;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.ImageBuilder;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeBuilder;
import io.flotilla.bus.schema.NodeDescriptionBuilder;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeSpecBuilder;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.PortBinding;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.ServiceSpecBuilder;
import io.flotilla.bus.schema.SwarmSpec;
import io.flotilla.bus.schema.SwarmSpecBuilder;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.ControlLoops;
import io.flotilla.manager.orchestrator.autoscale.Autoscaler;
import io.flotilla.manager.state.Batch;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ControlLoop;
import io.flotilla.manager.state.Ids;
import io.flotilla.manager.state.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A swarm in virtual time: the real control loops on a state, and in place of the hosts agents that bring their tasks a
 * step on whenever time passes.
 */
public final class Swarm {
    private static final int MAX_ROUNDS = 200;

    private final Ids ids;
    private Autoscaler autoscaler = new Autoscaler();
    private List<ControlLoop> loops = loops();
    private ClusterState state = ClusterState.empty();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private Changed pending = Changed.all();
    private Function<Task, TaskState> fate = task -> TaskState.RUNNING;
    private final Set<String> stuck = new HashSet<>();
    private final List<Consumer<Swarm>> checks = new ArrayList<>();

    public Swarm(long seed) {
        this.ids = new Ids(new Random(seed));
        turn(turn -> turn.put(ClusterBuilder.builder()
                .id("swarm")
                .version(new ObjectVersion(0))
                .createdAt(now)
                .updatedAt(now)
                .spec(SwarmSpecBuilder.builder().build())
                .defaultAddrPool(List.of())
                .build()));
    }

    public static Swarm withNodes(int count) {
        Swarm swarm = new Swarm(1);
        for (int i = 1; i <= count; i++) {
            swarm.node("node" + i, node -> node);
        }
        return swarm;
    }

    // ---- what users and operators do

    public Swarm node(String id, UnaryOperator<Node> as) {
        turn(turn -> turn.put(as.apply(state.node(id).orElseGet(() -> NodeBuilder.builder()
                .id(id)
                .version(new ObjectVersion(0))
                .createdAt(now)
                .updatedAt(now)
                .spec(NodeSpecBuilder.builder()
                        .labels(Map.of())
                        .role(NodeSpec.Role.WORKER)
                        .availability(NodeSpec.Availability.ACTIVE)
                        .build())
                .description(NodeDescriptionBuilder.builder()
                        .hostname(id)
                        .platform(new Platform("x86_64", "linux"))
                        .resources(new ResourceObject(4_000_000_000L, 8L << 30, List.of()))
                        .build())
                .status(new NodeStatus(NodeState.READY, null, "10.1.0.7"))
                .build()))));
        return this;
    }

    public Swarm availability(String node, NodeSpec.Availability availability) {
        return node(node, as -> as.withSpec(as.spec().withAvailability(availability)));
    }

    public Swarm nodeState(String node, NodeState nodeState) {
        return node(node, as -> as.withUpdatedAt(now).withStatus(new NodeStatus(nodeState, null, "10.1.0.7")));
    }

    public Swarm label(String node, String key, String value) {
        return node(node, as -> as.withSpec(as.spec().withLabels(Map.of(key, value))));
    }

    /** A label of the swarm itself. */
    public Swarm label(String key, String value) {
        turn(turn -> turn.put(state.cluster()
                .orElseThrow()
                .withSpec(state.cluster().orElseThrow().spec().withLabels(Map.of(key, value)))));
        return this;
    }

    public Swarm image(String tag, String... nodes) {
        turn(turn -> turn.put(ImageBuilder.builder()
                .id("sha256:" + Integer.toHexString(tag.hashCode()))
                .version(new ObjectVersion(0))
                .createdAt(now)
                .updatedAt(now)
                .repoTags(List.of(tag))
                .nodeIds(List.of(nodes))
                .config(JsonNodeFactory.instance.objectNode())
                .build()));
        return this;
    }

    /** Of no service, with a port of its node. */
    public Swarm container(String node, int hostPort, boolean running) {
        PortBinding binding = new PortBinding("", String.valueOf(hostPort));
        HostConfig host = HostConfigBuilder.builder()
                .portBindings(Map.of("80/tcp", List.of(binding)))
                .build();
        turn(turn -> turn.put(ContainerBuilder.builder()
                .id("container-on-" + node)
                .version(new ObjectVersion(0))
                .createdAt(now)
                .updatedAt(now)
                .nodeId(node)
                .request(new ContainerRequest(
                        "on-" + node, ContainerConfigBuilder.builder().build(), host, Map.of(), null))
                .inspect(ContainerInspectResponseBuilder.builder()
                        .state(ContainerStateBuilder.builder().running(running).build())
                        .build())
                .build()));
        return this;
    }

    /** Anything else that changes the state. */
    public Swarm change(Consumer<Turn> what) {
        turn(what);
        return this;
    }

    public Swarm removeNode(String node) {
        turn(turn -> turn.remove(ObjectKind.NODE, node));
        return this;
    }

    public static ServiceSpec replicated(String name, long replicas) {
        return ServiceSpecBuilder.builder()
                .name(name)
                .labels(Map.of())
                .networks(List.of())
                .mode(new ServiceMode(new ServiceMode.Replicated(replicas), null, null, null))
                .taskTemplate(TaskSpecBuilder.builder()
                        .containerSpec(
                                ContainerSpecBuilder.builder().image("nginx:1").build())
                        .networks(List.of())
                        .build())
                .build();
    }

    public static ServiceSpec global(String name) {
        return replicated(name, 0).withMode(new ServiceMode(null, new ServiceMode.Global(), null, null));
    }

    public static ServiceSpec replicatedJob(String name, long maxConcurrent, long totalCompletions) {
        return replicated(name, 0)
                .withMode(new ServiceMode(
                        null, null, new ServiceMode.ReplicatedJob(maxConcurrent, totalCompletions), null));
    }

    public static ServiceSpec globalJob(String name) {
        return replicated(name, 0).withMode(new ServiceMode(null, null, null, new ServiceMode.GlobalJob()));
    }

    public Swarm create(ServiceSpec spec) {
        turn(turn -> ServiceRevisions.created(turn, Objects.requireNonNull(spec.name()), spec, null));
        return this;
    }

    public Swarm update(String service, UnaryOperator<ServiceSpec> change) {
        turn(turn -> ServiceRevisions.updated(
                turn, service(service), change.apply(service(service).spec()), null));
        return this;
    }

    public Swarm rollback(String service) {
        turn(turn -> ServiceRevisions.rolledBack(turn, service(service)));
        return this;
    }

    public Swarm scale(String service, long replicas) {
        return update(
                service,
                spec -> spec.withMode(new ServiceMode(new ServiceMode.Replicated(replicas), null, null, null)));
    }

    public static ServiceSpec withImage(ServiceSpec spec, String image) {
        var template = Objects.requireNonNull(spec.taskTemplate());
        return spec.withTaskTemplate(template.withContainerSpec(
                Objects.requireNonNull(template.containerSpec()).withImage(image)));
    }

    public Swarm remove(String service) {
        turn(turn -> turn.remove(ObjectKind.SERVICE, service));
        return this;
    }

    public Swarm historyLimit(long limit) {
        turn(turn -> turn.put(state.cluster()
                .orElseThrow()
                .withSpec(state.cluster().orElseThrow().spec().withOrchestration(new SwarmSpec.Orchestration(limit)))));
        return this;
    }

    public Swarm swarmSpec(SwarmSpec spec) {
        turn(turn -> turn.put(state.cluster().orElseThrow().withSpec(spec)));
        return this;
    }

    /** Another manager leads: it knows the state and nothing else. */
    public Swarm newLeader() {
        autoscaler = new Autoscaler();
        loops = loops();
        pending = Changed.all();
        turn(turn -> {});
        return this;
    }

    /** Time passes and no manager leads. */
    public Swarm away(Duration duration) {
        now = now.plus(duration);
        return this;
    }

    private List<ControlLoop> loops() {
        List<ControlLoop> all = new ArrayList<>();
        all.add(autoscaler);
        all.addAll(ControlLoops.standard());
        return all;
    }

    // ---- what hosts do

    /** The hosts of these tasks report what they use. */
    public Swarm used(List<Report.TasksUsed.Usage> usages) {
        turn(turn -> usages.forEach(usage -> autoscaler.heard(
                turn,
                new Report.TasksUsed(
                        String.valueOf(state.task(usage.taskId()).orElseThrow().nodeId()), List.of(usage)))));
        return this;
    }

    /** Decides the state a started task gets to: RUNNING, or one of the ends. */
    public Swarm fate(Function<Task, TaskState> decides) {
        fate = decides;
        return this;
    }

    /** Processes of the task don't end when told to. */
    public Swarm stuck(Task task) {
        stuck.add(task.id());
        return this;
    }

    /** The task's process ends by itself. */
    public Swarm end(Task task, TaskState as) {
        report(task, as);
        return this;
    }

    private void report(Task task, TaskState as) {
        turn(turn -> turn.state().task(task.id()).ifPresent(current -> observe(turn, current, as)));
    }

    private static void observe(Turn turn, Task task, TaskState as) {
        if (as.compareTo(task.state()) > 0 && task.state().compareTo(TaskState.RUNNING) <= 0) {
            turn.put(task.withStatus(task.status()
                            .withState(as)
                            .withMessage(as.name().toLowerCase(Locale.ROOT))
                            .withTimestamp(turn.now()))
                    .withUpdatedAt(turn.now()));
        }
    }

    /** Every agent brings each of its tasks one step on; agents of nodes that are down do nothing. */
    private boolean agentsStep() {
        long before = state.index();
        turn(turn -> state.tasks().stream()
                .sorted(Comparator.comparing(Task::id))
                .filter(task -> task.nodeId() != null && task.state().compareTo(TaskState.ASSIGNED) >= 0)
                .filter(task -> state.node(Objects.requireNonNull(task.nodeId()))
                        .map(node -> Objects.requireNonNull(node.status()).state() == NodeState.READY)
                        .orElse(false))
                .forEach(task -> nextOf(task).ifPresent(next -> observe(turn, task, next))));
        return state.index() != before;
    }

    private Optional<TaskState> nextOf(Task task) {
        if (task.desiredState().compareTo(TaskState.SHUTDOWN) >= 0) {
            return stuck.contains(task.id()) || Slot.isOver(task) ? Optional.empty() : Optional.of(TaskState.SHUTDOWN);
        }
        return switch (task.state()) {
            case ASSIGNED -> Optional.of(TaskState.PREPARING);
            case PREPARING -> Optional.of(TaskState.READY);
            case READY ->
                task.desiredState().compareTo(TaskState.RUNNING) >= 0
                        ? Optional.of(TaskState.STARTING)
                        : Optional.empty();
            case STARTING -> Optional.of(fate.apply(task));
            default -> Optional.empty();
        };
    }

    // ---- time

    /** Lets the time pass, agents and due timers acting as it does. */
    public Swarm pass(Duration duration) {
        Instant until = now.plus(duration);
        settle();
        while (now.isBefore(until)) {
            Instant wake = loops.stream()
                    .flatMap(loop -> loop.wakeAt().stream())
                    .min(Comparator.naturalOrder())
                    .filter(at -> at.isAfter(now) && at.isBefore(until))
                    .orElse(until);
            now = wake;
            turn(turn -> {});
            settle();
        }
        return this;
    }

    /** Lets agents act until there is nothing to do, at this moment. */
    public Swarm settle() {
        for (int round = 0; agentsStep(); round++) {
            if (round > MAX_ROUNDS) {
                throw new AssertionError("agents and manager never come to rest");
            }
        }
        return this;
    }

    private void turn(Consumer<Turn> what) {
        Turn turn = new Turn(state, now, ids);
        what.accept(turn);
        Changed changed = pending.everything() ? pending : turn.takeUnseen();
        pending = Changed.nothing();
        int rounds = 0;
        do {
            for (ControlLoop loop : loops) {
                turn.as(loop.maker());
                loop.settle(turn, changed);
            }
            changed = turn.takeUnseen();
            if (rounds++ > MAX_ROUNDS) {
                throw new AssertionError("control loops never come to rest: " + changed);
            }
        } while (!changed.isNothing());
        if (!turn.isEmpty()) {
            state = state.apply(new Batch(state.index(), now, turn.changes(), Map.of()), state.index() + 1);
            checks.forEach(check -> check.accept(this));
        }
    }

    // ---- what users see

    public Swarm afterEveryTurn(Consumer<Swarm> check) {
        checks.add(check);
        return this;
    }

    public ClusterState state() {
        return state;
    }

    public Instant now() {
        return now;
    }

    public Service service(String id) {
        return state.service(id).orElseThrow();
    }

    /** All remembered tasks of a service, by slot, oldest first. */
    public List<Task> tasks(String service) {
        return state.tasksOfService(service).stream()
                .sorted(Comparator.comparing(SlotKey::of).thenComparing(Slot.OLDEST_FIRST))
                .toList();
    }

    public List<Task> running(String service) {
        return tasks(service).stream()
                .filter(task -> Slot.isLive(task) && task.state() == TaskState.RUNNING)
                .toList();
    }

    public @Nullable String image(Task task) {
        var spec = state.revision(Objects.requireNonNull(task.serviceId()), Objects.requireNonNull(task.specVersion()))
                .orElseThrow()
                .spec();
        return Objects.requireNonNull(spec.containerSpec()).image();
    }
}
