package io.flotilla.gateway.container;

import io.flotilla.bus.rpc.AttachOptions;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Query;
import io.flotilla.gateway.rpc.NodeSession;
import io.flotilla.gateway.stream.ClientConnection;
import io.flotilla.gateway.stream.Relay;
import io.flotilla.gateway.stream.Takeover;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;

/** /containers/{id}/attach: a client's connection joined with a container's streams. */
@Path("/containers")
@RunOnVirtualThread
public class AttachResource {
    private final Gateway gateway;
    private final Containers containers;
    private final ApiRequest request;

    @Inject
    public AttachResource(Gateway gateway, Containers containers, ApiRequest request) {
        this.gateway = gateway;
        this.containers = containers;
        this.request = request;
    }

    @POST
    @Path("{id}/attach")
    public Response attach(@PathParam("id") String id, @Context HttpServerRequest http) {
        Container container = containers.find(id);
        boolean multiplexed = !ContainerView.hasTerminal(container);
        AttachOptions options = options(container);
        NodeSession session = open(container, options);
        Relay relay = new Relay(multiplexed, takesInput(options));
        String mediaType = Takeover.mediaType(multiplexed, request.version().before(42));
        return Takeover.hijack(http, mediaType, new Attached(relay, session));
    }

    /** One message is what a stream had to say; which one is not told. */
    @GET
    @Path("{id}/attach/ws")
    public Response attachWebSocket(@PathParam("id") String id, @Context HttpServerRequest http) {
        Container container = containers.find(id);
        if (!"websocket".equalsIgnoreCase(http.getHeader("Upgrade"))) {
            throw ApiException.invalid("the client does not ask for a web socket");
        }
        AttachOptions options = options(container);
        NodeSession session = open(container, options);
        Relay relay = new Relay(false, takesInput(options));
        return Takeover.webSocket(http, new Attached(relay, session));
    }

    private record Attached(Relay relay, NodeSession node) implements Takeover.Session {
        @Override
        public void run(ClientConnection client) {
            relay.run(client, node);
        }

        @Override
        public void abandoned() {
            node.close();
        }
    }

    private AttachOptions options(Container container) {
        Query query = request.query();
        return AttachOptions.newBuilder()
                .setContainerId(container.id())
                .setStdin(query.flag("stdin"))
                .setStdout(query.flag("stdout"))
                .setStderr(query.flag("stderr"))
                .setLogs(query.flag("logs"))
                .setStream(query.flag("stream"))
                .setDetachKeys(query.text("detachKeys"))
                .build();
    }

    /** A refusal of the node becomes the answer's status, since its first frame says that the client is attached. */
    private NodeSession open(Container container, AttachOptions options) {
        ContainerState state = container.inspect().state();
        if (ContainerView.paused(container)) {
            throw ApiException.conflict(
                    "container " + container.id() + " is paused, unpause the container before attach");
        }
        if (state != null && Boolean.TRUE.equals(state.restarting())) {
            throw ApiException.conflict(
                    "container " + container.id() + " is restarting, wait until the container is running");
        }
        NodeSession session = gateway.containers().attach(containers.home(container), options);
        if (request.first(session) == null) {
            throw ApiException.failed("the node ended the streams of " + container.id() + " at once");
        }
        return session;
    }

    private static boolean takesInput(AttachOptions options) {
        return options.getStdin() && options.getStream();
    }
}
