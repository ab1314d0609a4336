package io.flotilla.gateway.exec;

import io.flotilla.bus.rpc.StartExecOptions;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.container.TerminalSize;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.http.ApiRequest;
import io.flotilla.gateway.rpc.NodeSession;
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
import java.io.InputStream;
import java.util.List;

/** /exec. */
@Path("/exec")
@RunOnVirtualThread
public class ExecResource {
    private final Gateway gateway;
    private final ExecHomes homes;
    private final ApiRequest request;

    @Inject
    ExecResource(Gateway gateway, ExecHomes homes, ApiRequest request) {
        this.gateway = gateway;
        this.homes = homes;
        this.request = request;
    }

    @POST
    @Path("{id}/start")
    public Response start(@PathParam("id") String id, InputStream body, @Context HttpServerRequest http) {
        ExecStart wanted = request.read(body, ExecStart.class);
        StartExecOptions options = options(id, wanted);
        ExecHomes.Located exec = homes.find(id);
        if (exec.inspect().path("Running").asBoolean()) {
            throw ApiException.conflict("exec " + id + " is already running");
        }
        if (wanted.detach()) {
            drain(gateway.containers().startExec(exec.node(), options));
            return request.empty(200);
        }
        boolean stdin = exec.inspect().path("OpenStdin").asBoolean();
        Relay relay = new Relay(!wanted.tty(), stdin);
        String mediaType = Takeover.mediaType(!wanted.tty(), request.version().before(42));
        // as dockerd: a command that cannot be started is told within the stream, and by the exec's exit code
        return Takeover.hijack(
                http,
                mediaType,
                client -> relay.run(client, gateway.containers().startExec(exec.node(), options)));
    }

    private static StartExecOptions options(String id, ExecStart wanted) {
        StartExecOptions.Builder options =
                StartExecOptions.newBuilder().setExecId(id).setDetach(wanted.detach());
        List<Integer> size = wanted.consoleSize();
        if (size != null && !size.isEmpty()) {
            if (size.size() != 2 || size.stream().anyMatch(side -> side < 0 || side > TerminalSize.MAX)) {
                throw ApiException.invalid("invalid ConsoleSize: a height and a width are wanted");
            }
            options.setHeight(size.getFirst()).setWidth(size.getLast());
        }
        return options.build();
    }

    /** Until the node has started it. */
    private static void drain(NodeSession session) {
        try (session) {
            while (session.next() != null) {
                // a detached exec has no output here
            }
        }
    }

    @POST
    @Path("{id}/resize")
    public Response resize(@PathParam("id") String id) {
        var size = TerminalSize.of(request.query()).setId(id).build();
        gateway.containers().resizeExec(homes.find(id).node(), size);
        return request.empty(200);
    }

    @GET
    @Path("{id}/json")
    public Response inspect(@PathParam("id") String id) {
        return request.json(homes.find(id).inspect());
    }
}
