package io.flotilla.gateway.swarm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeStatus;
import io.flotilla.bus.schema.SwarmSpec;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Query;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/** /swarm. Joining, locking and unlocking are later work (http.NotBuilt). */
@Path("/swarm")
@RunOnVirtualThread
public class SwarmResource {
    private static final String ALREADY = "This node is already part of a swarm. Use \"docker swarm leave\" to leave"
            + " this swarm and join another one.";

    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public SwarmResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    public Response inspect() {
        return request.json(render(gateway.swarm().cluster().orElseThrow()));
    }

    private static ObjectNode render(Cluster cluster) {
        ObjectNode json = Codec.JSON.mapper().valueToTree(cluster);
        if (json.path("Spec") instanceof ObjectNode spec && !spec.has("Labels")) {
            spec.putObject("Labels");
        }
        return json;
    }

    @POST
    @Path("init")
    public Response init(InputStream body) {
        SwarmInitRequest init = request.read(body, SwarmInitRequest.class);
        if (gateway.image().cluster().isPresent() && !init.forceNewCluster()) {
            throw ApiException.unavailable(ALREADY);
        }
        String nodeId = gateway.config().nodeId();
        List<String> pool = Objects.requireNonNullElse(init.defaultAddrPool(), List.of());
        var _ = gateway.execute(new Command.InitSwarm(
                nodeId, init.spec(), advertised(init), pool, init.subnetSize(), init.forceNewCluster()));
        return request.json(nodeId);
    }

    /** An interface's name, or nothing, becomes the address the node is known by. */
    private String advertised(SwarmInitRequest init) {
        String asked = Objects.requireNonNullElse(init.advertiseAddr(), "");
        boolean isAddress = asked.contains(".") || asked.contains(":");
        return isAddress
                ? asked
                : gateway.self().map(Node::status).map(NodeStatus::addr).orElse("127.0.0.1");
    }

    @POST
    @Path("leave")
    public Response leave() {
        if (gateway.image().cluster().isEmpty()) {
            throw ApiException.unavailable("This node is not part of a swarm");
        }
        boolean force = request.query().flag("force");
        var _ = gateway.execute(new Command.LeaveSwarm(gateway.config().nodeId(), force));
        return request.empty(200);
    }

    @POST
    @Path("update")
    public Response update(InputStream body) {
        SwarmSpec spec = request.read(body, SwarmSpec.class);
        Query query = request.query();
        long version = query.objectVersion("swarm");
        var _ = gateway.swarm();
        if (query.flag("rotateManagerUnlockKey")) {
            throw ApiException.notBuilt("POST /swarm/update with rotateManagerUnlockKey");
        }
        var _ = gateway.execute(new Command.UpdateSwarm(
                version, spec, query.flag("rotateWorkerToken"), query.flag("rotateManagerToken")));
        return request.empty(200);
    }
}
