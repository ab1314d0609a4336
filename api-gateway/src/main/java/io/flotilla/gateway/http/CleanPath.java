package io.flotilla.gateway.http;

import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * dockerd's router sends a client whose path has {@code ..}, {@code .} or an empty segment, encoded or not, to the path
 * without them (gorilla/mux, cleanPath): no such path is ever looked at for names.
 */
final class CleanPath {
    private CleanPath() {}

    /** Where the client should ask instead; empty when it asks in the right place. */
    static Optional<String> elsewhere(HttpServerRequest request) {
        String path = request.path();
        if (path == null || isPlain(path)) {
            return Optional.empty();
        }
        // a plus is itself in a path
        String decoded = URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
        String clean = clean(decoded);
        if (clean.equals(decoded)) {
            return Optional.empty();
        }
        String query = request.query();
        return Optional.of(encoded(clean) + (query == null ? "" : "?" + query));
    }

    /** Nearly every request: it needs no closer look. */
    private static boolean isPlain(String path) {
        return path.startsWith("/") && path.indexOf('%') < 0 && !path.contains("//") && !path.contains("/.");
    }

    static String clean(String path) {
        Deque<String> names = new ArrayDeque<>();
        for (String name : path.split("/")) {
            if (name.equals("..")) {
                names.pollLast();
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        String clean = "/" + String.join("/", names);
        return path.endsWith("/") && !names.isEmpty() ? clean + "/" : clean;
    }

    private static String encoded(String path) {
        try {
            return new URI(null, null, path, null).toASCIIString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("every path can be encoded", e);
        }
    }
}
