package io.flotilla.gateway;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.bus.topic.Bus;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.error.Refusals;
import io.flotilla.gateway.event.EventFeed;
import io.flotilla.gateway.rpc.AgentClients;
import io.flotilla.gateway.rpc.ContainerClient;
import io.flotilla.gateway.rpc.Dialer;
import io.flotilla.gateway.rpc.GrpcManagerClient;
import io.flotilla.gateway.rpc.ImageClient;
import io.flotilla.gateway.rpc.ManagerClient;
import io.flotilla.gateway.rpc.NodeClient;
import io.flotilla.gateway.rpc.VolumeClient;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.ClusterView;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The gateway role of a process. Routes exist in every process; until {@link #start} each call is answered with 503. Safe
 * for any thread.
 */
@Singleton
public class Gateway implements AutoCloseable {
    /** How long an answer waits for the gateway's own view of what was written. */
    static final Duration VIEW_TIMEOUT = Duration.ofSeconds(10);

    private static final String NO_SWARM = "This node is not a swarm manager. Use \"docker swarm init\" or \"docker"
            + " swarm join\" to connect this node to swarm and try again.";

    private volatile @Nullable Parts parts;

    private record Parts(
            GatewayConfig config, ClusterView view, EventFeed events, ManagerClient managers, AgentClients agents) {}

    /**
     * Begins to follow the bus and to answer; the first answers are 503 until the view has caught up.
     */
    public void start(Bus bus, GatewayConfig config, Dialer dialer) {
        start(bus, config, new GrpcManagerClient(config.managerAddresses(), dialer), AgentClients.grpc(dialer));
    }

    /** With other ways to managers and agents; both are closed with the gateway. */
    public synchronized void start(Bus bus, GatewayConfig config, ManagerClient managers, AgentClients agents) {
        if (parts != null) {
            throw new IllegalStateException("the gateway is already started");
        }
        parts = new Parts(config, ClusterView.follow(bus), EventFeed.follow(bus), managers, agents);
    }

    @PreDestroy
    @Override
    public synchronized void close() {
        Parts started = parts;
        parts = null;
        if (started != null) {
            started.events().close();
            started.view().close();
            started.agents().close();
            started.managers().close();
        }
    }

    private Parts parts() {
        Parts started = parts;
        if (started == null) {
            throw ApiException.unavailable("this process does not serve the Engine API (yet)");
        }
        return started;
    }

    /** True once the view has the state of the cluster and as long as it follows it; for readiness. */
    public boolean ready() {
        Parts started = parts;
        if (started == null) {
            return false;
        }
        try {
            return started.view().image().index() >= 0;
        } catch (ApiException e) {
            return false;
        }
    }

    /** Why the view stands still, if it does; for liveness. */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(parts).flatMap(started -> started.view().failure());
    }

    /** Also before {@link #start}. */
    public String version() {
        Parts started = parts;
        return started == null ? "unknown" : started.config().version();
    }

    public GatewayConfig config() {
        return parts().config();
    }

    public ClusterView view() {
        return parts().view();
    }

    public EventFeed events() {
        return parts().events();
    }

    public NodeClient nodes() {
        return parts().agents().nodes();
    }

    public ContainerClient containers() {
        return parts().agents().containers();
    }

    /** What nodes do with images. */
    public ImageClient imageCalls() {
        return parts().agents().images();
    }

    public VolumeClient volumes() {
        return parts().agents().volumes();
    }

    /** The cluster as it is now. */
    public ClusterImage image() {
        return parts().view().image();
    }

    /** As {@link #image}; 503 before `docker swarm init`, in Docker's words. */
    public ClusterImage swarm() {
        ClusterImage image = image();
        if (image.cluster().isEmpty()) {
            throw ApiException.unavailable(NO_SWARM);
        }
        return image;
    }

    /** This host's node, which is known as soon as its agent has described itself. */
    public Optional<Node> self() {
        return image().node(config().nodeId());
    }

    /**
     * Has a command committed, and waits until this gateway's view has it.
     *
     * @throws ApiException when it was refused, no manager leads, or the view is late
     */
    public Reply.Done execute(Command command) {
        Reply.Done done = order(command);
        settle(done);
        return done;
    }

    /** Has a command committed. The client must not be answered before {@link #settle}. */
    public Reply.Done order(Command command) {
        return switch (parts().managers().execute(command)) {
            case Reply.Refused refused -> throw Refusals.asFailure(refused.refusal());
            case Reply.Done done -> done;
            case Reply.Disclosed _ ->
                throw ApiException.failed(command.getClass().getSimpleName() + " read a value");
        };
    }

    /** The value of a config, in base64. */
    public String read(Command.ReadConfig read) {
        return switch (parts().managers().execute(read)) {
            case Reply.Disclosed(String _, Confidential.Plain plain) -> plain.data();
            case Reply.Refused refused -> throw Refusals.asFailure(refused.refusal());
            case Reply other ->
                throw ApiException.failed("no value but " + other.getClass().getSimpleName());
        };
    }

    /**
     * Waits until this gateway's view has what was committed, so that the client's next read shows it.
     *
     * @throws ApiException 503 when the view is late
     */
    public void settle(Reply.Done done) {
        var _ = view().awaitIndex(done.index(), VIEW_TIMEOUT);
    }
}
