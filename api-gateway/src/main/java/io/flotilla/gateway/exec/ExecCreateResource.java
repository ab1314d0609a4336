package io.flotilla.gateway.exec;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ExecConfig;
import io.flotilla.bus.schema.Node;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.container.ContainerView;
import io.flotilla.gateway.container.Containers;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.version.Shape;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.Map;

/** POST /containers/{id}/exec. */
@Path("/containers")
@RunOnVirtualThread
public class ExecCreateResource {
    private final Gateway gateway;
    private final Containers containers;
    private final ExecHomes homes;
    private final ApiRequest request;

    @Inject
    ExecCreateResource(Gateway gateway, Containers containers, ExecHomes homes, ApiRequest request) {
        this.gateway = gateway;
        this.containers = containers;
        this.homes = homes;
        this.request = request;
    }

    @POST
    @Path("{id}/exec")
    public Response create(@PathParam("id") String id, InputStream body) {
        // not completely: clients say Detach here, which the start says again
        ExecConfig config = request.read(body, ExecConfig.class);
        if (config.cmd().isEmpty()) {
            throw ApiException.invalid("No exec command specified");
        }
        Container container = containers.find(id);
        if (ContainerView.paused(container)) {
            throw ApiException.conflict("Container " + id + " is paused, unpause the container before exec");
        }
        Node node = containers.home(container);
        String execId = gateway.containers().createExec(node, container.id(), Codec.JSON.encode(config));
        homes.remember(execId, node);
        return request.json(201, Shape.PLAIN, Map.of("Id", execId));
    }
}
