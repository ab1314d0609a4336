package io.flotilla.agent.container;

import java.util.Optional;

/** The other containers of the node, for those that share something with them. */
public interface Neighbours {
    /** @param reference a name or an ID, or a beginning of one that no other has */
    Optional<ContainerRecord> find(String reference);
}
