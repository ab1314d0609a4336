package io.flotilla.gateway.node;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;

/** /nodes. */
@Path("/nodes")
@RunOnVirtualThread
public class NodeResource {
    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public NodeResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    public Response list() {
        Filters filters = request.query().filters(NodeView.FILTERS);
        return request.json(NodeView.select(gateway.swarm().nodes(), filters).stream()
                .map(NodeView::render)
                .toList());
    }

    @GET
    @Path("{id}")
    public Response inspect(@PathParam("id") String id) {
        return request.json(NodeView.render(find(id)));
    }

    @DELETE
    @Path("{id}")
    public Response remove(@PathParam("id") String id) {
        boolean force = request.query().flag("force");
        var _ = gateway.execute(new Command.RemoveNode(find(id).id(), force));
        return request.empty(200);
    }

    @POST
    @Path("{id}/update")
    public Response update(@PathParam("id") String id, InputStream body) {
        NodeSpec spec = request.read(body, NodeSpec.class);
        long version = request.query().objectVersion("node");
        if (spec.role() == null) {
            throw ApiException.invalid("invalid Role: \"\"");
        }
        if (spec.availability() == null) {
            throw ApiException.invalid("invalid Availability: \"\"");
        }
        var _ = gateway.execute(new Command.UpdateNode(find(id).id(), version, spec));
        return request.empty(200);
    }

    private Node find(String id) {
        ClusterImage image = gateway.swarm();
        return Lookup.node(image, id, gateway.config().nodeId());
    }
}
