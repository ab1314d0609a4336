package io.flotilla.gateway.system;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.SystemInfo;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Query;
import io.flotilla.gateway.version.Shape;
import io.flotilla.gateway.view.ClusterImage;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.Optional;

/** _ping, version, info and disk usage. */
@Path("/")
@RunOnVirtualThread
public class SystemResource {
    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public SystemResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    @Path("_ping")
    public Response ping() {
        return pong().entity("OK").build();
    }

    @HEAD
    @Path("_ping")
    public Response pingHead() {
        return pong().header("Content-Length", 0).build();
    }

    private Response.ResponseBuilder pong() {
        ClusterImage image = gateway.image();
        return Response.ok()
                .type(MediaType.TEXT_PLAIN_TYPE.withCharset("utf-8"))
                .header("Cache-Control", "no-cache, no-store, must-revalidate")
                .header("Pragma", "no-cache")
                .header("Swarm", SwarmStatus.header(image, gateway.config().nodeId()));
    }

    @GET
    @Path("version")
    public Response version() {
        return request.json(VersionView.of(gateway.config(), System.getProperty("os.version", "")));
    }

    @GET
    @Path("info")
    public Response info() {
        ClusterImage image = gateway.image();
        Optional<Node> self = gateway.self();
        SystemInfo node = self.map(this::nodeInfo)
                .orElseGet(() -> InfoView.silentNode("the agent of this node has not reported yet"));
        ObjectNode info =
                InfoView.of(node, image, gateway.config(), gateway.events().listeners(), Instant.now());
        return request.json(Shape.INFO, info);
    }

    /** That the agent does not answer is a warning in the answer, not the end of it. */
    private SystemInfo nodeInfo(Node node) {
        try {
            return gateway.nodes().info(node);
        } catch (ApiException e) {
            return InfoView.silentNode(e.text());
        }
    }

    @GET
    @Path("system/df")
    public Response diskUsage() {
        Query query = request.query();
        DiskUsage usage = DiskUsage.gather(gateway.image(), gateway.nodes(), gateway.volumes());
        return request.json(usage.render(query.all("type"), query.flag("verbose"), request.version(), Instant.now()));
    }
}
