package io.flotilla.app;

import io.flotilla.bus.codec.Codec;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** The launcher's question, on the same socket as the Engine API and beside its paths. */
@Path("/flotilla/status")
public class StatusResource {
    private final InstanceStatus status;

    @Inject
    StatusResource(InstanceStatus status) {
        this.status = status;
    }

    /** 200 with the report, 503 while the roles start. */
    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public Response report() {
        return status.report()
                .map(report -> Response.ok(Codec.JSON.encode(report)))
                .orElseGet(() -> Response.status(503).entity("{\"message\":\"starting\"}"))
                .build();
    }
}
