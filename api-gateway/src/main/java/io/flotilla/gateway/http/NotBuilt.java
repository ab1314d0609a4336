package io.flotilla.gateway.http;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The Engine API's calls that this version answers with 501, so that no client takes silence for success. */
final class NotBuilt {
    private static final List<String> CALLS = List.of(
            "POST /build",
            "GET /containers/{id}/checkpoints",
            "POST /containers/{id}/checkpoints",
            "DELETE /containers/{id}/checkpoints/{checkpoint}",
            "POST /grpc",
            "POST /networks/create",
            "DELETE /networks/{id}",
            "POST /networks/{id}/connect",
            "POST /networks/{id}/disconnect",
            "GET /plugins",
            "POST /plugins/create",
            "GET /plugins/privileges",
            "POST /plugins/pull",
            "DELETE /plugins/{name}",
            "POST /plugins/{name}/disable",
            "POST /plugins/{name}/enable",
            "GET /plugins/{name}/json",
            "POST /plugins/{name}/push",
            "POST /plugins/{name}/set",
            "POST /plugins/{name}/upgrade",
            "POST /session",
            "POST /swarm/join",
            "POST /swarm/unlock",
            "GET /swarm/unlockkey");

    private static final List<Entry> ENTRIES = CALLS.stream().map(Entry::of).toList();

    private NotBuilt() {}

    /** The message for a call that is known and not built. */
    static Optional<String> find(String method, String path) {
        return ENTRIES.stream()
                .filter(entry -> entry.method().equals(method)
                        && entry.path().matcher(path).matches())
                .findFirst()
                .map(entry -> entry.call() + " is not supported by this version of Flotilla");
    }

    /** Names of networks and plugins may contain slashes. */
    private record Entry(String call, String method, Pattern path) {
        static Entry of(String call) {
            String[] parts = call.split(" ", 2);
            return new Entry(call, parts[0], Pattern.compile(parts[1].replaceAll("\\{[a-z]+}", ".+")));
        }
    }
}
