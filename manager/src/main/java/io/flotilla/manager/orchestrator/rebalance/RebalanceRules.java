package io.flotilla.manager.orchestrator.rebalance;

import io.flotilla.bus.schema.Cluster;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SwarmSpec;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.scheduler.Fit;
import io.flotilla.manager.state.ClusterState;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Whether and how a service's tasks are moved: labels of the service, or of the swarm for all replicated services that
 * mount nothing of their node.
 *
 * @param parallelism moves at a time
 */
public record RebalanceRules(long parallelism) {
    public static final String LABEL = "flotilla.rebalance";
    public static final String PARALLELISM = LABEL + ".parallelism";

    private static final Pattern COUNT = Pattern.compile("[1-9][0-9]{0,2}");

    /** @return what is wrong with a service's labels, for the user; empty when nothing is */
    public static Optional<String> malformed(ServiceSpec spec) {
        String wanted = spec.labels().get(LABEL);
        String parallelism = spec.labels().get(PARALLELISM);
        if (wanted != null && !wanted.equals("true") && !wanted.equals("false")) {
            return Optional.of("label " + LABEL + " is \"" + wanted + "\": must be true or false");
        }
        if (parallelism != null && !COUNT.matcher(parallelism).matches()) {
            return Optional.of("label " + PARALLELISM + " is \"" + parallelism + "\": must be 1 to 999");
        }
        boolean replicated = spec.mode() == null || spec.mode().replicated() != null;
        return "true".equals(wanted) && !replicated
                ? Optional.of("label " + LABEL + ": only replicated services can be rebalanced")
                : Optional.empty();
    }

    /** Empty: its tasks stay where they are. */
    static Optional<RebalanceRules> of(ClusterState state, Service service) {
        Map<String, String> labels = service.spec().labels();
        String wanted = labels.get(LABEL);
        boolean moves = wanted == null ? isSwarmWide(state) && !isBoundToItsNode(service) : wanted.equals("true");
        if (!moves || !ServiceModes.isReplicated(service) || !Fit.isSpread(state, service)) {
            return Optional.empty();
        }
        return Optional.of(new RebalanceRules(Long.parseLong(labels.getOrDefault(PARALLELISM, "1"))));
    }

    private static boolean isSwarmWide(ClusterState state) {
        return state.cluster()
                .map(Cluster::spec)
                .map(SwarmSpec::labels)
                .map(labels -> "true".equals(labels.get(LABEL)))
                .orElse(false);
    }

    // what it wrote there would stay behind
    private static boolean isBoundToItsNode(Service service) {
        return Optional.ofNullable(service.spec().taskTemplate())
                .map(TaskSpec::containerSpec)
                .map(ContainerSpec::mounts)
                .map(mounts -> mounts.stream()
                        .anyMatch(mount ->
                                mount.type() != Mount.MountType.TMPFS && mount.type() != Mount.MountType.CLUSTER))
                .orElse(false);
    }
}
