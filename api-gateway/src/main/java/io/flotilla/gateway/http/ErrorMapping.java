package io.flotilla.gateway.http;

import io.flotilla.gateway.error.ApiException;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every failure of a call as {@code {"message": ...}}. */
public class ErrorMapping {
    private static final Logger LOG = Logger.getLogger(ErrorMapping.class);

    @ServerExceptionMapper
    public Response map(ApiException failure) {
        return answer(failure.status(), failure.text());
    }

    @ServerExceptionMapper
    public Response map(NotFoundException ignored) {
        return answer(404, "page not found");
    }

    /** dockerd does not tell a wrong method from a wrong path. */
    @ServerExceptionMapper
    public Response map(NotAllowedException ignored) {
        return answer(404, "page not found");
    }

    @ServerExceptionMapper
    public Response map(WebApplicationException failure) {
        return answer(failure.getResponse().getStatus(), String.valueOf(failure.getMessage()));
    }

    /** A bug: the client is told, and the log has the trace. */
    @ServerExceptionMapper
    public Response map(RuntimeException failure) {
        LOG.error("a call failed", failure);
        return answer(500, failure.toString());
    }

    private static Response answer(int status, String message) {
        return Response.status(status)
                .type(MediaType.APPLICATION_JSON)
                .entity(ApiRequest.errorBody(message))
                .build();
    }
}
