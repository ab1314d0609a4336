package io.flotilla.gateway.stream;

import io.vertx.core.http.HttpServerResponse;

/** A streamed body together with the connection it goes to. */
public record StreamAnswer(HttpServerResponse response, StreamBody body) {}
