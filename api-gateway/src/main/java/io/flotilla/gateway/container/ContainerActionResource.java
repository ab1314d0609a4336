package io.flotilla.gateway.container;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.rpc.ResizeRequest;
import io.flotilla.bus.rpc.SignalRequest;
import io.flotilla.bus.rpc.StopRequest;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.query.Query;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;

/** /containers/{id}: starting, stopping and what else is done to a container as it runs. */
@Path("/containers")
@RunOnVirtualThread
public class ContainerActionResource {
    /** Bytes of a body that says nothing: {} or null with line ends around it. */
    private static final long MOST_OF_NOTHING = 7;

    private final Gateway gateway;
    private final Containers containers;
    private final ApiRequest request;

    @Inject
    public ContainerActionResource(Gateway gateway, Containers containers, ApiRequest request) {
        this.gateway = gateway;
        this.containers = containers;
        this.request = request;
    }

    /** detachKeys, which dockerd takes here, is of no consequence: nobody attaches by starting. */
    @POST
    @Path("{id}/start")
    public Response start(@PathParam("id") String id) {
        refuseHostConfig();
        Container container = containers.find(id);
        if (ContainerView.paused(container)) {
            throw ApiException.conflict("cannot start a paused container, try unpause instead");
        }
        if (ContainerView.running(container)) {
            return request.empty(304);
        }
        try {
            containers.handOver(gateway.order(new Command.StartContainer(container.id())));
        } catch (ApiException e) {
            if (!isAutoRemoved(container)) {
                throw e;
            }
            // daemon/start.go: what is to vanish after its exit does so too when it never ran
            if (e.status() != 404) {
                containers.remove(container, true, true);
                throw e;
            }
            // it ran, ended and was removed before the node could tell of it
        }
        return request.empty(204);
    }

    // postContainersStart: a client that still sends what create takes is told so, or it would believe it was heeded
    private void refuseHostConfig() {
        String length = request.header("Content-Length");
        if (request.header("Transfer-Encoding") != null || length != null && Long.parseLong(length) > MOST_OF_NOTHING) {
            throw ApiException.invalid(
                    "starting container with non-empty request body was deprecated since API v1.22 and"
                            + " removed in v1.24");
        }
    }

    private static boolean isAutoRemoved(Container container) {
        HostConfig host = container.inspect().hostConfig();
        return host != null && Boolean.TRUE.equals(host.autoRemove());
    }

    @POST
    @Path("{id}/stop")
    public Response stop(@PathParam("id") String id) {
        Container container = containers.find(id);
        StopRequest stop = stopRequest(container);
        if (!ContainerView.running(container)) {
            return request.empty(304);
        }
        var _ = containers.act(id, (node, found) -> gateway.containers().stop(node, stop));
        return request.empty(204);
    }

    @POST
    @Path("{id}/restart")
    public Response restart(@PathParam("id") String id) {
        StopRequest stop = stopRequest(containers.find(id));
        var _ = containers.act(id, (node, found) -> gateway.containers().restart(node, stop));
        return request.empty(204);
    }

    private StopRequest stopRequest(Container container) {
        Query query = request.query();
        StopRequest.Builder stop =
                StopRequest.newBuilder().setContainerId(container.id()).setSignal(query.text("signal"));
        query.integer("t").ifPresent(stop::setTimeoutSeconds);
        return stop.build();
    }

    @POST
    @Path("{id}/kill")
    public Response kill(@PathParam("id") String id) {
        String signal = request.query().text("signal");
        try {
            var _ = containers.act(id, (node, found) -> gateway.containers()
                    .kill(
                            node,
                            SignalRequest.newBuilder()
                                    .setContainerId(found)
                                    .setSignal(signal.isEmpty() ? "SIGKILL" : signal)
                                    .build()));
            return request.empty(204);
        } catch (ApiException e) {
            boolean aboutContainer = e.status() == 404 || e.status() == 409;
            throw aboutContainer
                    ? new ApiException(e.status(), "cannot kill container: " + id + ": " + e.text(), e)
                    : e;
        }
    }

    @POST
    @Path("{id}/pause")
    public Response pause(@PathParam("id") String id) {
        var _ = containers.act(id, gateway.containers()::pause);
        return request.empty(204);
    }

    @POST
    @Path("{id}/unpause")
    public Response unpause(@PathParam("id") String id) {
        var _ = containers.act(id, gateway.containers()::unpause);
        return request.empty(204);
    }

    @POST
    @Path("{id}/resize")
    public Response resize(@PathParam("id") String id) {
        ResizeRequest.Builder size = TerminalSize.of(request.query());
        Container container = containers.find(id);
        gateway.containers()
                .resize(containers.home(container), size.setId(container.id()).build());
        return request.empty(200);
    }
}
