package io.flotilla.app;

import io.flotilla.agent.Agent;
import io.flotilla.agent.AgentConfig;
import io.flotilla.bus.broker.EmbeddedBroker;
import io.flotilla.bus.kafka.KafkaBus;
import io.flotilla.bus.kafka.KafkaBusConfig;
import io.flotilla.bus.rpc.ControlGrpc;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.topic.Bus;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.GatewayConfig;
import io.flotilla.manager.Manager;
import io.flotilla.manager.ManagerConfig;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * The roles of this process, each started as soon as what it needs is there: the broker, the manager's log and the agent's
 * host side side by side, then the manager, the agent, the cluster's own calls, the gateway. Stopped in the opposite order;
 * containers go on.
 */
final class Roles implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Roles.class);

    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private Optional<Manager> manager = Optional.empty();

    private Roles() {}

    /**
     * @param fatal told of a failure after which the process must end
     * @throws IOException what could not be started, after everything that was has been closed again
     */
    static Roles start(
            Options options, InstanceHome home, Identity identity, Gateway gateway, Consumer<Throwable> fatal)
            throws IOException, InterruptedException {
        Roles roles = new Roles();
        try {
            roles.compose(options, home, identity, gateway, fatal);
            return roles;
        } catch (IOException | InterruptedException | RuntimeException e) {
            roles.close();
            throw e;
        }
    }

    Optional<Manager> manager() {
        return manager;
    }

    private void compose(
            Options options, InstanceHome home, Identity identity, Gateway gateway, Consumer<Throwable> fatal)
            throws IOException, InterruptedException {
        Path rpcSocket = InstanceHome.runDir(identity).resolve("rpc.sock");
        String rpcTarget = RpcServer.target(rpcSocket);
        Dialer dialer = new Dialer(rpcTarget);
        List<ServerServiceDefinition> services = new ArrayList<>();
        boolean manages = options.roles().contains(Role.MANAGER);
        boolean works = options.roles().contains(Role.WORKER);
        Optional<Starting<EmbeddedBroker>> broker =
                manages ? Optional.of(closeLater(Starting.broker(home, identity))) : Optional.empty();
        KafkaBus kafka = closeLater(new KafkaBus(new KafkaBusConfig(
                Starting.LOOPBACK + ":" + identity.brokerPort(), "flotilla-" + identity.instance())));
        Optional<Starting<Agent>> opening = Optional.empty();
        if (works) {
            AgentConfig config = agentConfig(options, home, identity, kafka, dialer, fatal);
            opening = Optional.of(closeLater(new Starting<>("agent", () -> Agent.open(config))));
        }
        if (broker.isPresent()) {
            Starting<EmbeddedBroker> bus = broker.get();
            ManagerConfig.Peer self =
                    new ManagerConfig.Peer(identity.nodeId(), Starting.LOOPBACK + ":" + identity.raftPort(), rpcTarget);
            ManagerConfig config = new ManagerConfig(
                    identity.nodeId(), identity.busClusterId(), home.dataDir().resolve("raft"), List.of(self));
            Manager.BusSource whenConnectable = () -> {
                bus.await();
                return kafka;
            };
            Manager started = closeLater(Manager.start(config, whenConnectable, fatal));
            manager = Optional.of(started);
            services.add(ControlGrpc.bindService(started.service()));
        }
        Optional<Agent> agent = Optional.empty();
        if (opening.isPresent()) {
            agent = Optional.of(opening.get().await());
            services.addAll(agent.get().services());
        }
        closeLater(RpcServer.start(rpcSocket, services));
        if (agent.isPresent()) {
            agent.get().start();
        }
        if (options.roles().contains(Role.GATEWAY)) {
            gateway.start(
                    kafka,
                    new GatewayConfig(identity.nodeId(), Version.CURRENT, "", Version.BUILT, List.of(rpcTarget)),
                    dialer::open);
            closeLater(gateway);
        }
    }

    private static AgentConfig agentConfig(
            Options options, InstanceHome home, Identity identity, Bus bus, Dialer dialer, Consumer<Throwable> fatal)
            throws IOException {
        // asked of the kernel: nobody says that a host's own name can be resolved
        String name = options.nodeName() == null
                ? Files.readString(Path.of("/proc/sys/kernel/hostname")).strip()
                : options.nodeName();
        NodeSpec.Role role = options.roles().contains(Role.MANAGER) ? NodeSpec.Role.MANAGER : NodeSpec.Role.WORKER;
        return new AgentConfig(
                identity.nodeId(),
                name,
                role,
                home.instance(identity),
                bus,
                dialer.ownTarget(),
                Version.CURRENT,
                Map.of(),
                options.genericResources(),
                dialer::open,
                options.registries(),
                fatal);
    }

    private <T extends AutoCloseable> T closeLater(T part) {
        started.push(part);
        return part;
    }

    @Override
    public void close() {
        while (!started.isEmpty()) {
            AutoCloseable part = started.pop();
            try {
                part.close();
            } catch (Exception e) { // AutoCloseable's own; the others must still be closed
                LOG.errorf(e, "closing %s", part.getClass().getSimpleName());
            }
        }
    }
}
