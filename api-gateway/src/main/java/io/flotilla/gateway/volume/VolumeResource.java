package io.flotilla.gateway.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Volume;
import io.flotilla.bus.schema.VolumeCreate;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.version.Shape;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.List;
import java.util.Set;

/** /volumes. */
@Path("/volumes")
@RunOnVirtualThread
public class VolumeResource {
    private static final Set<String> PRUNE_KEYS = Set.of("all", "label", "label!");

    private final Gateway gateway;
    private final Volumes volumes;
    private final ApiRequest request;

    @Inject
    public VolumeResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.volumes = new Volumes(gateway);
        this.request = request;
    }

    @GET
    public Response list() {
        List<Volume> found = volumes.list(request.query().filters(VolumeFilter.KEYS));
        ObjectNode list = Codec.JSON.mapper().createObjectNode();
        list.set("Volumes", Codec.JSON.mapper().valueToTree(found));
        list.putNull("Warnings");
        return request.json(list);
    }

    @POST
    @Path("create")
    public Response create(InputStream body) {
        VolumeCreate create = request.readCompletely(body, VolumeCreate.class);
        if (create.clusterVolumeSpec() != null) {
            throw new ApiException(501, "ClusterVolumeSpec is not supported by this version of Flotilla");
        }
        return request.json(201, Shape.PLAIN, volumes.create(create));
    }

    @POST
    @Path("prune")
    public Response prune() {
        Filters filters = request.query().filters(PRUNE_KEYS);
        // before API 1.42 all unused ones went
        boolean all = filters.flag("all", request.version().before(42));
        Volumes.Pruned pruned = volumes.prune(filters, all);
        gateway.events().pruned("volume", pruned.spaceBytes());
        ObjectNode answer = Codec.JSON.mapper().createObjectNode();
        answer.set("VolumesDeleted", Codec.JSON.mapper().valueToTree(pruned.names()));
        answer.put("SpaceReclaimed", pruned.spaceBytes());
        return request.json(answer);
    }

    @GET
    @Path("{name:.+}")
    public Response inspect(@PathParam("name") String name) {
        return request.json(volumes.inspect(name));
    }

    @DELETE
    @Path("{name:.+}")
    public Response remove(@PathParam("name") String name) {
        volumes.remove(name, request.query().flag("force"));
        return request.empty(204);
    }
}
