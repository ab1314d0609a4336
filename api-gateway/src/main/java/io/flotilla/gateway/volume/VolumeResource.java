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
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** /volumes. */
@Path("/volumes")
@RunOnVirtualThread
public class VolumeResource {
    private static final Set<String> PRUNE_KEYS = Set.of("all", "label", "label!");
    /** The first API version (1.42) that has volumes of the whole swarm. */
    private static final int CLUSTER_VOLUMES = 42;

    private final Gateway gateway;
    private final Volumes volumes;
    private final ClusterVolumes clusterVolumes;
    private final ApiRequest request;

    @Inject
    public VolumeResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.volumes = new Volumes(gateway);
        this.clusterVolumes = new ClusterVolumes(gateway);
        this.request = request;
    }

    @GET
    public Response list() {
        Filters filters = request.query().filters(VolumeFilter.KEYS);
        List<Volume> found = new ArrayList<>(volumes.list(filters));
        if (knowsClusterVolumes()) {
            found.addAll(clusterVolumes.list(filters));
        }
        ObjectNode list = Codec.JSON.mapper().createObjectNode();
        list.set("Volumes", Codec.JSON.mapper().valueToTree(found));
        list.putNull("Warnings");
        return request.json(list);
    }

    @POST
    @Path("create")
    public Response create(InputStream body) {
        VolumeCreate create = request.readCompletely(body, VolumeCreate.class);
        boolean ofCluster =
                create.clusterVolumeSpec() != null && !request.version().before(CLUSTER_VOLUMES);
        Volume made = ofCluster ? clusterVolumes.create(create) : volumes.create(create.withClusterVolumeSpec(null));
        return request.json(201, Shape.PLAIN, made);
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

    /** Of two with the same name the node's own is meant, as in dockerd; a cluster volume has its ID as well. */
    @GET
    @Path("{name:.+}")
    public Response inspect(@PathParam("name") String name) {
        return request.json(volumes.find(name)
                .or(() -> knowsClusterVolumes() ? Optional.of(clusterVolumes.inspect(name)) : Optional.empty())
                .orElseThrow(() -> Volumes.noSuch(name)));
    }

    @PUT
    @Path("{name:.+}")
    public Response update(@PathParam("name") String name, InputStream body) {
        if (gateway.image().cluster().isEmpty()) {
            throw ApiException.unavailable("volume update only valid for cluster volumes, but swarm is unavailable");
        }
        long version = request.query().objectVersion("swarm object");
        clusterVolumes.update(name, version, request.readCompletely(body, VolumeUpdate.class));
        return request.empty(200);
    }

    @DELETE
    @Path("{name:.+}")
    public Response remove(@PathParam("name") String name) {
        boolean force = request.query().flag("force");
        boolean found = volumes.remove(name, force);
        if (knowsClusterVolumes() && (!found || force)) {
            clusterVolumes.remove(name, force);
        } else if (!found && !force) {
            throw Volumes.noSuch(name);
        }
        return request.empty(204);
    }

    /** Whether there are any to show: in a swarm, to a client that has heard of them. */
    private boolean knowsClusterVolumes() {
        return !request.version().before(CLUSTER_VOLUMES)
                && gateway.image().cluster().isPresent();
    }
}
