package io.flotilla.bus.node;

import java.util.List;

/**
 * One image a node has stored or sent.
 *
 * @param id sha256:...
 * @param names complete references repository:tag it was given; may be empty
 * @param digests repository@sha256:... it is known by in registries; may be empty
 */
public record LoadedImage(String id, List<String> names, List<String> digests) {
    public LoadedImage {
        names = names == null ? List.of() : List.copyOf(names);
        digests = digests == null ? List.of() : List.copyOf(digests);
    }

    /** One no registry knows. */
    public LoadedImage(String id, List<String> names) {
        this(id, names, List.of());
    }
}
