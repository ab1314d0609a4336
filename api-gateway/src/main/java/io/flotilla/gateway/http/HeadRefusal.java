package io.flotilla.gateway.http;

import io.vertx.core.VertxException;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * The message of a request that Vert.x refuses for its head, such as one of HTTP/1.1 without Host, before any filter sees it.
 * Quarkus would answer with a page of its own, and log an error for what only a client did wrong.
 */
@Singleton
public class HeadRefusal {
    void register(@Observes Router router) {
        var _ = router.route().order(Integer.MIN_VALUE).failureHandler(HeadRefusal::tell);
    }

    private static void tell(RoutingContext http) {
        if (http.statusCode() != 400
                || !(http.failure() instanceof VertxException refused)
                || http.response().ended()) {
            http.next();
            return;
        }
        http.response()
                .setStatusCode(400)
                .putHeader("Content-Type", "application/json")
                .end(Buffer.buffer(ApiRequest.errorBody(String.valueOf(refused.getMessage()))));
    }
}
