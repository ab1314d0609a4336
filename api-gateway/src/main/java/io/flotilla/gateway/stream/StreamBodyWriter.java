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

/** Runs the body of a {@link StreamAnswer} once status and headers are set, on the thread of the call. */
@Provider
public class StreamBodyWriter implements ServerMessageBodyWriter<StreamAnswer> {
    private static final Logger LOG = Logger.getLogger(StreamBodyWriter.class);

    @Override
    public boolean isWriteable(
            Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return StreamAnswer.class == type;
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return StreamAnswer.class == type;
    }

    @Override
    public void writeResponse(StreamAnswer answer, Type genericType, ServerRequestContext context)
            throws WebApplicationException {
        ResponseSink sink = new ResponseSink(answer.response());
        try {
            answer.body().writeTo(sink);
            sink.end();
        } catch (Sink.ClientGone e) {
            LOG.debug("client left a stream");
        } catch (IOException | RuntimeException e) {
            LOG.warn("an answer was cut off", e);
            sink.abort();
        }
    }

    @Override
    public void writeTo(
            StreamAnswer answer,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> httpHeaders,
            OutputStream entityStream) {
        throw new UnsupportedOperationException("streams are written to the connection");
    }
}
