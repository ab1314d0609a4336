package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ContainerNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Legacy links. They are asked for by the other container's name and kept as {@code ID:alias}, so that they outlive its next
 * name and do not pass to another container that takes its name.
 */
final class ContainerLinks {
    private ContainerLinks() {}

    /** moby's opts/ParseLink. */
    static @Nullable Refusal malformed(HostConfig host) {
        for (String link : host.links()) {
            if (link.isEmpty()) {
                return Refusal.invalid("empty string specified for links");
            }
            if (link.split(":", -1).length > 2) {
                return Refusal.invalid("bad format for links: " + link);
            }
        }
        return null;
    }

    /** Of a request whose linked containers are all there. */
    static HostConfig bound(ClusterState state, HostConfig host) {
        List<String> bound = new ArrayList<>();
        for (String link : host.links()) {
            String[] parts = link.split(":", 2);
            String alias = parts[parts.length - 1];
            bound.add(ContainerNames.resolve(state, parts[0]).orElseThrow().id() + ":" + last(alias));
        }
        return host.withLinks(bound);
    }

    /** None when no link has the alias. */
    static Optional<HostConfig> without(HostConfig host, String alias) {
        List<String> kept = new ArrayList<>(host.links());
        boolean removed = kept.removeIf(
                link -> last(link.substring(link.indexOf(':') + 1)).equals(alias));
        return removed ? Optional.of(host.withLinks(kept)) : Optional.empty();
    }

    /** What an inspected container shows is {@code /name:/parent/alias}, and clients send it again. */
    private static String last(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
