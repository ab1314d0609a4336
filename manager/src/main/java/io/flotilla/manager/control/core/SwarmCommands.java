package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.ClusterBuilder;
import io.flotilla.bus.schema.IPAM;
import io.flotilla.bus.schema.IPAMConfig;
import io.flotilla.bus.schema.JoinTokens;
import io.flotilla.bus.schema.ManagerStatus;
import io.flotilla.bus.schema.NetworkBuilder;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.NodeState;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Reachability;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.SwarmSpec;
import io.flotilla.manager.state.Turn;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** docker swarm init, update, leave. The swarm is one Cluster object and, while it exists, the ingress network. */
final class SwarmCommands {
    private static final ObjectVersion NOT_COMMITTED = new ObjectVersion(0);
    private static final int SWARM_PORT = 2377;
    private static final long DATA_PATH_PORT = 4789;

    Reply init(Turn turn, Command.InitSwarm init) {
        SwarmSpec spec = SwarmDefaults.initial(init.spec());
        List<String> pools = init.defaultAddrPool().isEmpty() ? List.of("10.0.0.0/8") : init.defaultAddrPool();
        int subnetSize = init.subnetSize() == 0 ? 24 : init.subnetSize();
        Optional<AddressPool> pool = AddressPool.parse(pools.getFirst());
        Refusal refusal = new Refusals()
                .when(
                        turn.state().cluster().isPresent(),
                        () -> Refusal.unavailable("This node is already part of a swarm. Use \"docker swarm leave\" to"
                                + " leave this swarm and join another one."))
                .when(init.forceNewCluster(), () -> Refusals.notYet("ForceNewCluster"))
                .and(() -> SwarmDefaults.check(spec))
                .when(
                        !pools.stream().map(AddressPool::parse).allMatch(Optional::isPresent),
                        () -> Refusal.invalid("invalid default address pool: " + pools))
                .when(
                        pool.isPresent() && !pool.get().holds(subnetSize),
                        () -> Refusal.invalid(
                                "invalid CIDR: subnet size " + subnetSize + " does not fit " + pools.getFirst()))
                .first();
        if (refusal != null || pool.isEmpty()) {
            return Refusals.refused(Objects.requireNonNull(refusal));
        }
        String id = turn.newId();
        String authority = turn.newId() + turn.newId();
        turn.put(ClusterBuilder.builder()
                .id(id)
                .version(NOT_COMMITTED)
                .createdAt(turn.now())
                .updatedAt(turn.now())
                .spec(spec)
                .rootRotationInProgress(false)
                .dataPathPort(DATA_PATH_PORT)
                .defaultAddrPool(pools)
                .subnetSize((long) subnetSize)
                .joinTokens(new JoinTokens(token(authority, turn), token(authority, turn)))
                .build());
        turn.put(manager(turn, init));
        ingress(turn, pool.get(), subnetSize);
        return Commands.done(id);
    }

    /** The node may ask before its first description has come. */
    private static Node manager(Turn turn, Command.InitSwarm init) {
        Node node = turn.state()
                .node(init.nodeId())
                .orElseGet(() -> new Node(
                        init.nodeId(),
                        NOT_COMMITTED,
                        turn.now(),
                        turn.now(),
                        new NodeSpec(null, Map.of(), null, NodeSpec.Availability.ACTIVE),
                        null,
                        new NodeStatus(NodeState.UNKNOWN, null, null),
                        null,
                        null,
                        null));
        NodeStatus status = Objects.requireNonNullElse(node.status(), new NodeStatus(NodeState.UNKNOWN, null, null));
        String address = init.advertiseAddr();
        boolean withPort = address.matches("\\[.*]:\\d+|[^:]*:\\d+");
        String host = withPort ? address.substring(0, address.lastIndexOf(':')) : address;
        return node.with(n -> n.spec(node.spec().withRole(NodeSpec.Role.MANAGER))
                .status(status.withAddr(host))
                .managerStatus(
                        new ManagerStatus(true, Reachability.REACHABLE, withPort ? address : host + ":" + SWARM_PORT))
                .updatedAt(turn.now()));
    }

    private static void ingress(Turn turn, AddressPool pool, int subnetSize) {
        turn.put(NetworkBuilder.builder()
                .id(turn.newId())
                .version(NOT_COMMITTED)
                .createdAt(turn.now())
                .updatedAt(turn.now())
                .name("ingress")
                .scope("swarm")
                .driver("overlay")
                .enableIpv4(true)
                .enableIpv6(false)
                .ipam(new IPAM(
                        "default",
                        List.of(new IPAMConfig(pool.firstSubnet(subnetSize), null, pool.firstGateway(), Map.of())),
                        Map.of()))
                .internal(false)
                .attachable(false)
                .ingress(true)
                .configOnly(false)
                .options(Map.of("com.docker.network.driver.overlay.vxlanid_list", "4096"))
                .build());
    }

    Reply update(Turn turn, Command.UpdateSwarm update) {
        Cluster cluster = turn.state().cluster().orElseThrow();
        if (!Commands.current(turn, ObjectKind.CLUSTER, cluster, update.version())) {
            return Commands.outOfSequence();
        }
        SwarmSpec spec = SwarmDefaults.merged(cluster.spec(), update.spec());
        Refusal refusal = SwarmDefaults.check(spec);
        if (refusal != null) {
            return Refusals.refused(refusal);
        }
        turn.put(cluster.with(c -> c.spec(spec)
                .joinTokens(rotated(turn, cluster.joinTokens(), update))
                .updatedAt(turn.now())));
        return Commands.done(cluster.id());
    }

    private static @Nullable JoinTokens rotated(Turn turn, @Nullable JoinTokens tokens, Command.UpdateSwarm update) {
        if (tokens == null || tokens.worker() == null || tokens.manager() == null) {
            return tokens;
        }
        String authority = tokens.worker().split("-", 4)[2];
        return new JoinTokens(
                update.rotateWorkerToken() ? token(authority, turn) : tokens.worker(),
                update.rotateManagerToken() ? token(authority, turn) : tokens.manager());
    }

    Reply leave(Turn turn, Command.LeaveSwarm leave) {
        Cluster cluster = turn.state().cluster().orElse(null);
        if (cluster == null) {
            return Refusals.refused(Refusal.unavailable("This node is not part of a swarm"));
        }
        if (!leave.force()) {
            return Refusals.refused(Refusal.unavailable("You are attempting to leave the swarm on a node that is"
                    + " participating as a manager. Removing the last manager erases all current state of the swarm."
                    + " Use `--force` to ignore this message. "));
        }
        boolean otherManagers = turn.state().nodes().stream()
                .anyMatch(node -> node.managerStatus() != null && !node.id().equals(leave.nodeId()));
        if (otherManagers) {
            return Refusals.refused(Refusals.notYet("leaving a swarm of several managers"));
        }
        removeAll(turn, ObjectKind.TASK, object -> true);
        removeAll(turn, ObjectKind.SERVICE, object -> true);
        removeAll(turn, ObjectKind.REVISION, object -> true);
        removeAll(turn, ObjectKind.SWARM_VOLUME, object -> true);
        removeAll(turn, ObjectKind.SECRET, object -> true);
        removeAll(turn, ObjectKind.CONFIG, object -> true);
        removeAll(turn, ObjectKind.NETWORK, network -> isSwarmScoped(turn, network));
        for (Node node : List.copyOf(turn.state().nodes())) {
            turn.put(node.with(n -> n.managerStatus(null)
                    .spec(new NodeSpec(null, Map.of(), node.spec().role(), NodeSpec.Availability.ACTIVE))
                    .updatedAt(turn.now())));
        }
        // last: should the batch be too large for one entry and the leader die in between, the user can leave again
        turn.remove(ObjectKind.CLUSTER, cluster.id());
        return Commands.done(leave.nodeId());
    }

    private static boolean isSwarmScoped(Turn turn, StoreObject network) {
        return turn.state()
                .network(network.id())
                .filter(n -> "swarm".equals(n.scope()))
                .isPresent();
    }

    private static void removeAll(Turn turn, ObjectKind kind, Predicate<StoreObject> which) {
        for (StoreObject object : List.copyOf(turn.state().all(kind))) {
            if (which.test(object)) {
                turn.remove(kind, object.id());
            }
        }
    }

    /** SWMTKN-1-digest of the authority-secret; there is no authority yet, its place is held by random digits. */
    private static String token(String authority, Turn turn) {
        return "SWMTKN-1-" + authority + "-" + turn.newId();
    }
}
