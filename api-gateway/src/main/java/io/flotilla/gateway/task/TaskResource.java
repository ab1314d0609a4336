package io.flotilla.gateway.task;

import io.flotilla.bus.schema.Task;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.log.LogOptions;
import io.flotilla.gateway.log.Logs;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Lookup;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;

/** /tasks. */
@Path("/tasks")
@RunOnVirtualThread
public class TaskResource {
    private final Gateway gateway;
    private final ApiRequest request;

    @Inject
    public TaskResource(Gateway gateway, ApiRequest request) {
        this.gateway = gateway;
        this.request = request;
    }

    @GET
    public Response list() {
        Filters filters = request.query().filters(TaskView.FILTERS);
        ClusterImage image = gateway.swarm();
        return request.json(TaskView.select(image, filters, gateway.config().nodeId()).stream()
                .map(task -> TaskView.render(task, image))
                .toList());
    }

    @GET
    @Path("{id}")
    public Response inspect(@PathParam("id") String id) {
        ClusterImage image = gateway.swarm();
        return request.json(TaskView.render(Lookup.task(image, id), image));
    }

    @GET
    @Path("{id}/logs")
    public Response logs(@PathParam("id") String id) {
        LogOptions options = LogOptions.of(request.query());
        ClusterImage image = gateway.swarm();
        Task task = Lookup.task(image, id);
        return request.log(new Logs(gateway, options).ofTask(image, task));
    }
}
