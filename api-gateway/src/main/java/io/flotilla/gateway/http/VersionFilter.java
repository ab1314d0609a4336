package io.flotilla.gateway.http;

import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.version.ApiVersion;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * First to see every request, on the event loop: takes the version off the path, refuses versions the API does not span,
 * sets the headers each answer of dockerd has, and answers what this version of Flotilla does not do.
 */
@Singleton
public class VersionFilter {
    private static final String VERSION = "flotilla.api.version";
    private static final Pattern VERSIONED = Pattern.compile("/v(\\d+\\.\\d+)(/.*)");
    private static final Pattern MEDIA_TYPE = Pattern.compile("[\\w!#$&^.+*-]+/[\\w!#$&^.+*-]+\\s*(;.*)?");
    private static final int BEFORE_EVERYTHING = 400;

    private final Gateway gateway;

    @Inject
    public VersionFilter(Gateway gateway) {
        this.gateway = gateway;
    }

    void register(@Observes Filters filters) {
        filters.register(this::handle, BEFORE_EVERYTHING);
    }

    static ApiVersion versionOf(RoutingContext http) {
        ApiVersion version = http.get(VERSION);
        return version == null ? ApiVersion.NEWEST : version;
    }

    /** What dockerd never looks at where a body is an archive, JAX-RS refuses: Testcontainers sends the name of a constant. */
    private static void mendContentType(HttpServerRequest request) {
        String type = request.getHeader("Content-Type");
        if (type != null && !MEDIA_TYPE.matcher(type).matches()) {
            request.headers().set("Content-Type", "application/octet-stream");
        }
    }

    private void handle(RoutingContext http) {
        mendContentType(http.request());
        if (LingeringClose.isUnderWay(http.request().connection())) {
            return;
        }
        String path = http.request().path();
        String query = http.request().query();
        if (query != null && RawQuery.needsEncoding(query)) {
            http.reroute(http.request().method(), path + "?" + RawQuery.encode(query));
            return;
        }
        if (!isUri(http.request().uri())) {
            begin(http);
            refuse(http, 400, "malformed request path or query");
            return;
        }
        Optional<String> elsewhere = http.get(VERSION) == null ? CleanPath.elsewhere(http.request()) : Optional.empty();
        if (elsewhere.isPresent()) {
            begin(http);
            http.response()
                    .setStatusCode(301)
                    .putHeader("Location", elsewhere.get())
                    .end();
            return;
        }
        Matcher versioned = VERSIONED.matcher(path == null ? "" : path);
        if (versioned.matches() && http.get(VERSION) == null) {
            routeVersioned(http, ApiVersion.parse(versioned.group(1)), versioned.group(2));
            return;
        }
        begin(http);
        if (path == null || path.startsWith("/q/")) {
            http.next();
        } else if (http.request().method() == HttpMethod.OPTIONS) {
            http.response().setStatusCode(200).end();
        } else if (http.request().method() == HttpMethod.HEAD && !path.equals("/_ping") && !path.endsWith("/archive")) {
            refuse(http, 404, "page not found"); // JAX-RS would run the GET
        } else {
            Optional<String> notBuilt = NotBuilt.find(http.request().method().name(), path);
            if (notBuilt.isPresent()) {
                refuse(http, 501, notBuilt.get());
            } else {
                http.next();
            }
        }
    }

    /** What comes after builds URIs of it. */
    private static boolean isUri(String text) {
        try {
            return !new URI(text).isOpaque();
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private void routeVersioned(RoutingContext http, ApiVersion version, String rest) {
        if (version.compareTo(ApiVersion.OLDEST) < 0) {
            begin(http);
            refuse(
                    http,
                    400,
                    "client version " + version + " is too old. Minimum supported API version is " + ApiVersion.OLDEST
                            + ", please upgrade your client to a newer version");
        } else if (version.compareTo(ApiVersion.NEWEST) > 0) {
            begin(http);
            refuse(
                    http,
                    400,
                    "client version " + version + " is too new. Maximum supported API version is " + ApiVersion.NEWEST);
        } else {
            http.put(VERSION, version);
            String query = http.request().query();
            http.reroute(http.request().method(), query == null ? rest : rest + "?" + query);
        }
    }

    /** What each answer has, whoever gives it. */
    private void begin(RoutingContext http) {
        addHeaders(http.response());
        UnreadBody.watch(http);
    }

    private static void refuse(RoutingContext http, int status, String message) {
        http.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .end(Buffer.buffer(ApiRequest.errorBody(message)));
    }

    private void addHeaders(HttpServerResponse response) {
        response.putHeader("Api-Version", ApiVersion.NEWEST.toString())
                .putHeader("Docker-Experimental", "false")
                .putHeader("Ostype", "linux")
                .putHeader("Server", "Flotilla/" + gateway.version() + " (linux)");
    }
}
