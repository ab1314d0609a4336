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

    /** Of a service: an integer, 0 without it. Where nothing is free, its tasks take the room of lower ones. */
    public static final String PRIORITY = "flotilla.priority";

    /** Of a task that had to make room: the ID of the task it made room for. */
    public static final String PREEMPTED_BY = "flotilla.preempted-by";

    /** Of a task that had to make room: why, in words. */
    public static final String PREEMPTED_REASON = "flotilla.preempted-reason";

    /** Of the task that takes the place of one that had to make room: the ID of that one. It preempts nothing itself. */
    public static final String SUCCESSOR_OF_PREEMPTED = "flotilla.successor-of-preempted";

    private static final int HIGHEST_PRIORITY = 1_000_000;

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
        String priority = labels.get(PRIORITY);
        if (priority != null && number(priority).isEmpty()) {
            return Optional.of("invalid label " + PRIORITY + "=" + priority + ": must be an integer from -"
                    + HIGHEST_PRIORITY + " to " + HIGHEST_PRIORITY);
        }
        String strategy = labels.get(STRATEGY);
        return strategy != null && parse(strategy) == null
                ? Optional.of("invalid label " + STRATEGY + "=" + strategy + ": must be spread or binpack")
                : Optional.empty();
    }

    /** 0 where the service says nothing, or is gone. */
    public static int priority(ClusterState state, @Nullable String serviceId) {
        return serviceId == null
                ? 0
                : state.service(serviceId).map(PlacementLabels::priority).orElse(0);
    }

    public static int priority(Service service) {
        String label = service.spec().labels().get(PRIORITY);
        return label == null ? 0 : number(label).orElse(0);
    }

    private static Optional<Integer> number(String text) {
        if (!text.matches("-?[0-9]{1,7}")) {
            return Optional.empty();
        }
        int number = Integer.parseInt(text);
        return Math.abs(number) <= HIGHEST_PRIORITY ? Optional.of(number) : Optional.empty();
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
