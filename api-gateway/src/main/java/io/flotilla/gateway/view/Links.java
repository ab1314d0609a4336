package io.flotilla.gateway.view;

import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Legacy links as Docker shows them: {@code /parent/alias} is one more name of the container that is linked. The links
 * themselves are kept by the parent, in HostConfig.Links as {@code child:alias}.
 */
public final class Links {
    private Links() {}

    /** One link. @param parent the container that has it @param child the one it leads to */
    public record Link(Container parent, String alias, Container child) {
        String name() {
            return Lookup.nameOf(parent) + "/" + alias;
        }
    }

    /** @param name parent/alias, with or without a slash before it */
    public static Optional<Link> named(ClusterImage image, String name) {
        String path = name.startsWith("/") ? name : "/" + name;
        if (path.lastIndexOf('/') == 0) {
            return Optional.empty();
        }
        return image.containers().stream()
                .flatMap(container -> of(container, image).stream())
                .filter(link -> link.name().equals(path))
                .findFirst();
    }

    /** HostConfig.Links of a container as clients see it. A container that is gone is linked no more. */
    public static List<String> shown(Container parent, ClusterImage image) {
        return of(parent, image).stream()
                .map(link -> Lookup.nameOf(link.child()) + ":" + link.name())
                .toList();
    }

    /** The further names of the containers that are linked, by their IDs. */
    public static Map<String, List<String>> names(ClusterImage image) {
        Map<String, List<String>> names = new HashMap<>();
        for (Container parent : image.containers()) {
            for (Link link : of(parent, image)) {
                names.computeIfAbsent(link.child().id(), child -> new ArrayList<>())
                        .add(link.name());
            }
        }
        return names;
    }

    private static List<Link> of(Container parent, ClusterImage image) {
        ContainerRequest request = parent.request();
        if (request == null || request.hostConfig().links().isEmpty()) {
            return List.of();
        }
        List<Link> links = new ArrayList<>();
        for (String link : request.hostConfig().links()) {
            int colon = link.indexOf(':');
            String alias = link.substring(colon + 1);
            image.container(link.substring(0, Math.max(colon, 0)))
                    .ifPresent(child -> links.add(new Link(parent, alias, child)));
        }
        return links;
    }
}
