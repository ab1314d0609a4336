package io.flotilla.gateway.stream;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/** Runs the session of a {@link Takeover} in place of writing a body, on the thread of the call. */
@Provider
public class TakeoverWriter implements ServerMessageBodyWriter<Takeover> {
    private static final Logger LOG = Logger.getLogger(TakeoverWriter.class);

    @Override
    public boolean isWriteable(
            Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return Takeover.class == type;
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return Takeover.class == type;
    }

    @Override
    public void writeResponse(Takeover takeover, Type genericType, ServerRequestContext context)
            throws WebApplicationException {
        try (ClientConnection client = takeover.connect()) {
            takeover.session().run(client);
        } catch (Sink.ClientGone e) {
            LOG.debug("client left a session");
        } catch (IOException | RuntimeException e) {
            LOG.warn("a session was cut off", e);
        }
    }

    @Override
    public void writeTo(
            Takeover takeover,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> httpHeaders,
            OutputStream entityStream) {
        throw new UnsupportedOperationException("sessions take over the connection");
    }
}
