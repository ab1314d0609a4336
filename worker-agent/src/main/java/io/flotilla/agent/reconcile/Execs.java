package io.flotilla.agent.reconcile;

import java.util.List;
import java.util.function.Function;

/** The processes executed in containers, as docker inspect names them; who runs them says which there are. Thread-safe. */
public final class Execs {
    private volatile Function<String, List<String>> source = id -> List.of();

    /** @param running answers the exec IDs of a container ID; called on the containers' queues, must not wait */
    public void source(Function<String, List<String>> running) {
        source = running;
    }

    List<String> ids(String containerId) {
        return source.apply(containerId);
    }
}
