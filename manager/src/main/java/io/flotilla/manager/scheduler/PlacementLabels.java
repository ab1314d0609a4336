package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.Service;
import io.flotilla.manager.state.ClusterState;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What of placement Docker's specs have no field for, as labels stock clients can set and see. */
public final class PlacementLabels {
    /** Of a service, or of the swarm for services that do not say: how nodes that fit are ranked. */
    public static final String STRATEGY = "flotilla.placement";

    private PlacementLabels() {}

    /** How nodes that fit are ranked. */
    enum Strategy {
        /** SwarmKit's: the fewest tasks of the service, then the fewest tasks. */
        SPREAD,
        /** The fullest by what is reserved, then the most tasks: other nodes stay empty. */
        BINPACK
    }

    /** What is wrong with the labels of a service or the swarm; empty: nothing. */
    public static Optional<String> problem(Map<String, String> labels) {
        String strategy = labels.get(STRATEGY);
        return strategy != null && parse(strategy) == null
                ? Optional.of("invalid label " + STRATEGY + "=" + strategy + ": must be spread or binpack")
                : Optional.empty();
    }

    static Strategy strategy(ClusterState state, String serviceId) {
        Strategy ofService =
                strategy(state.service(serviceId).map(Service::spec).map(spec -> spec.labels()));
        if (ofService != null) {
            return ofService;
        }
        Strategy ofSwarm = strategy(state.cluster().map(Cluster::spec).map(spec -> spec.labels()));
        return ofSwarm == null ? Strategy.SPREAD : ofSwarm;
    }

    private static @Nullable Strategy strategy(Optional<Map<String, String>> labels) {
        return labels.map(all -> all.get(STRATEGY)).map(PlacementLabels::parse).orElse(null);
    }

    private static @Nullable Strategy parse(String name) {
        for (Strategy strategy : Strategy.values()) {
            if (strategy.name().toLowerCase(Locale.ROOT).equals(name)) {
                return strategy;
            }
        }
        return null;
    }
}
