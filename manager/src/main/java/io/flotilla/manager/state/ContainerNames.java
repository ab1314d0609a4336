package io.flotilla.manager.state;

import io.flotilla.bus.schema.Container;
import java.util.List;
import java.util.Optional;

/** Which container a user means by an ID, a name or the beginning of an ID, in this order as in Docker. */
public final class ContainerNames {
    private ContainerNames() {}

    /** None when it is unknown or ambiguous. Only the beginning of an ID costs a look at every container. */
    public static Optional<Container> resolve(ClusterState state, String reference) {
        String name = reference.startsWith("/") ? reference.substring(1) : reference;
        if (name.isEmpty()) {
            return Optional.empty();
        }
        Optional<Container> exact = state.container(name).or(() -> state.containerNamed(name));
        if (exact.isPresent() || !name.chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
            return exact;
        }
        List<Container> beginning = state.containers().stream()
                .filter(container -> container.id().startsWith(name))
                .limit(2)
                .toList();
        return beginning.size() == 1 ? Optional.of(beginning.getFirst()) : Optional.empty();
    }
}
