package io.flotilla.gateway.stream;

import io.flotilla.gateway.error.ApiException;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import org.jboss.logging.Logger;

/** A body that comes into being while it is written, together with the response it belongs to. */
public record StreamAnswer(HttpServerResponse response, StreamBody body) implements ConnectionAnswer {
    private static final Logger LOG = Logger.getLogger(StreamAnswer.class);

    @Override
    public void send() {
        ResponseSink sink = new ResponseSink(response);
        try {
            body.writeTo(sink);
            sink.end();
        } catch (Sink.ClientGone e) {
            LOG.debug("client left a stream");
        } catch (IOException | ApiException e) {
            if (!sink.gone()) {
                LOG.warnf("an answer was cut off: %s", e.getMessage());
            }
            sink.abort();
        } catch (RuntimeException e) { // a bug: nobody after this can cut the connection
            LOG.error("an answer was cut off", e);
            sink.abort();
        }
    }
}
