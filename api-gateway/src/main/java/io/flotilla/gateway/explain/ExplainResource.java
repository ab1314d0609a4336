package io.flotilla.gateway.explain;

import io.flotilla.bus.schema.Task;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import io.flotilla.gateway.view.TaskNames;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.util.Comparator;

/** /explain, which is Flotilla's own. An answer follows from this gateway's view alone. */
@Path("/explain")
@RunOnVirtualThread
public class ExplainResource {
    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public ExplainResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    @Path("services/{id}")
    public Response service(@PathParam("id") String id) {
        ClusterImage image = gateway.swarm();
        return request.json(ServiceExplanation.of(image, Lookup.service(image, id)));
    }

    @GET
    @Path("tasks/{id}")
    public Response task(@PathParam("id") String id) {
        ClusterImage image = gateway.swarm();
        return request.json(TaskExplanation.of(image, find(image, id)));
    }

    @GET
    @Path("nodes/{id}")
    public Response node(@PathParam("id") String id) {
        ClusterImage image = gateway.swarm();
        return request.json(NodeExplanation.of(
                image, Lookup.node(image, id, gateway.config().nodeId())));
    }

    @GET
    @Path("containers/{id}")
    public Response container(@PathParam("id") String id) {
        ClusterImage image = gateway.image();
        return request.json(ContainerExplanation.of(image, Lookup.container(image, id)));
    }

    @GET
    @Path("volumes/{id}")
    public Response volume(@PathParam("id") String id) {
        ClusterImage image = gateway.swarm();
        return request.json(VolumeExplanation.of(image, Lookup.clusterVolume(image, id)));
    }

    /** The name without an ID, as docker service ps shows it, means the slot's newest task. */
    private static Task find(ClusterImage image, String id) {
        return image.tasks().stream()
                .filter(task -> TaskNames.instance(image, task).equals(id))
                .max(Comparator.comparing(Task::createdAt).thenComparing(Task::id))
                .orElseGet(() -> Lookup.task(image, id));
    }
}
