package io.flotilla.gateway.view;

import io.flotilla.bus.schema.Config;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.Secret;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.schema.SwarmVolume;
import io.flotilla.bus.schema.Task;
import io.flotilla.gateway.error.ApiException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds what a user names, by ID, name or beginning of the ID, and words failure as Docker does. */
public final class Lookup {
    private Lookup() {}

    public static Service service(ClusterImage image, String name) {
        return swarmObject("service", name, image.service(name), image.services(), service -> service.spec()
                .name());
    }

    public static Task task(ClusterImage image, String name) {
        return swarmObject("task", name, image.task(name), image.tasks(), task -> TaskNames.of(image, task));
    }

    /** By name the present version. */
    public static Secret secret(ClusterImage image, String name) {
        return swarmObject("secret", name, image.secret(name), image.secrets(), Lookup::presentName);
    }

    /** By name the present version. */
    public static Config config(ClusterImage image, String name) {
        return swarmObject("config", name, image.config(name), image.configs(), Lookup::presentName);
    }

    public static SwarmVolume clusterVolume(ClusterImage image, String name) {
        return findClusterVolume(image, name).orElseThrow(() -> ApiException.notFound("volume " + name + " not found"));
    }

    /** By complete ID or name. */
    public static Optional<SwarmVolume> findClusterVolume(ClusterImage image, String name) {
        return image.clusterVolume(name).or(() -> image.clusterVolumes().stream()
                .filter(volume -> volume.name().equals(name))
                .findFirst());
    }

    private static @Nullable String presentName(StoredValue value) {
        return value.supersededBy() == null ? value.name() : null;
    }

    /** @param self what "self" stands for */
    public static Node node(ClusterImage image, String name, String self) {
        String wanted = name.equals("self") ? self : name;
        return swarmObject("node", wanted, image.node(wanted), image.nodes(), Lookup::hostname);
    }

    public static @Nullable String hostname(Node node) {
        return node.description() == null ? null : node.description().hostname();
    }

    // the order of daemon/cluster/helpers.go: complete ID, name, beginning of an ID
    private static <T extends StoreObject> T swarmObject(
            String kind, String name, Optional<T> byId, Collection<T> all, Function<T, @Nullable String> nameOf) {
        if (byId.isPresent()) {
            return byId.get();
        }
        List<T> found =
                all.stream().filter(object -> name.equals(nameOf.apply(object))).toList();
        if (found.isEmpty() && !name.isEmpty()) {
            found = all.stream().filter(object -> object.id().startsWith(name)).toList();
        }
        if (found.isEmpty()) {
            throw ApiException.notFound(kind + " " + name + " not found");
        }
        if (found.size() > 1) {
            throw ApiException.invalid(kind + " " + name + " is ambiguous (" + found.size() + " matches found)");
        }
        return found.getFirst();
    }

    public static Container container(ClusterImage image, String name) {
        if (name.isEmpty()) {
            throw ApiException.invalid("invalid name or ID supplied: \"\"");
        }
        Optional<Container> byId = image.container(name);
        if (byId.isPresent()) {
            return byId.get();
        }
        String path = name.startsWith("/") ? name : "/" + name;
        for (Container container : image.containers()) {
            if (path.equals(nameOf(container))) {
                return container;
            }
        }
        Optional<Links.Link> link = Links.named(image, name);
        if (link.isPresent()) {
            return link.get().child();
        }
        List<Container> found = name.isEmpty()
                ? List.of()
                : image.containers().stream()
                        .filter(container -> container.id().startsWith(name))
                        .toList();
        if (found.isEmpty()) {
            throw ApiException.notFound("No such container: " + name);
        }
        if (found.size() > 1) {
            throw ApiException.invalid("Multiple IDs found with provided prefix: " + name);
        }
        return found.getFirst();
    }

    /** With the slash Docker puts before it. */
    public static String nameOf(Container container) {
        String name = container.request() == null
                ? Objects.requireNonNullElse(container.inspect().name(), "")
                : container.request().name();
        return name.startsWith("/") ? name : "/" + name;
    }

    /** @param scope swarm, local, or empty for any */
    public static Network network(ClusterImage image, String name, String scope) {
        List<Network> candidates = image.networks().stream()
                .filter(network -> isWithin(network, scope))
                .toList();
        for (Network network : candidates) {
            if (network.id().equals(name)) {
                return network;
            }
        }
        return oneNetwork(candidates, network -> network.name().equals(name), "name", name)
                .or(() -> oneNetwork(
                        candidates, network -> network.id().startsWith(name) && !name.isEmpty(), "ID prefix", name))
                .orElseThrow(() -> ApiException.notFound("network " + name + " not found"));
    }

    /** Docker has host and bridge in a swarm's scope as well: services may be attached to the ones of their node. */
    private static boolean isWithin(Network network, String scope) {
        return scope.isEmpty()
                || scope.equals(network.scope())
                || scope.equals("swarm") && Set.of("host", "bridge").contains(network.name());
    }

    private static Optional<Network> oneNetwork(
            List<Network> candidates, java.util.function.Predicate<Network> test, String by, String name) {
        List<Network> found = candidates.stream().filter(test).toList();
        if (found.size() > 1) {
            throw ApiException.invalid(
                    found.size() + " matches found based on " + by + ": network " + name + " is ambiguous");
        }
        return found.stream().findFirst();
    }
}
