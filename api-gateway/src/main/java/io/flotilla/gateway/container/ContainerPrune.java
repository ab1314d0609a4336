package io.flotilla.gateway.container;

import io.flotilla.bus.node.NodeUsage.ContainerUsage;
import io.flotilla.bus.schema.Container;
import io.flotilla.gateway.Gateway;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.query.Filters;
import io.flotilla.gateway.query.Until;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** POST /containers/prune: removes what does not run. */
final class ContainerPrune {
    static final Set<String> KEYS = Set.of("until", "label", "label!");

    private final Gateway gateway;
    private final Containers containers;
    private final Filters filters;
    private final Optional<Instant> until;

    ContainerPrune(Gateway gateway, Containers containers, Filters filters, Instant now) {
        this.gateway = gateway;
        this.containers = containers;
        this.filters = filters;
        this.until = Until.of(filters, now);
    }

    /** What was removed. @param spaceBytes of the containers' own layers */
    record Pruned(List<String> ids, long spaceBytes) {}

    Pruned run() {
        ContainerSizes sizes = new ContainerSizes(gateway, containers);
        List<String> removed = new ArrayList<>();
        long space = 0;
        for (Container container : gateway.image().containers()) {
            if (!isWanted(container)) {
                continue;
            }
            long size = sizes.of(container).map(ContainerUsage::writableBytes).orElse(0L);
            if (tryRemove(container)) {
                removed.add(container.id());
                space += size;
            }
        }
        return new Pruned(removed, space);
    }

    private boolean isWanted(Container container) {
        var config = container.inspect().config();
        Map<String, String> labels = config == null ? Map.of() : config.labels();
        return !ContainerView.running(container)
                && until.map(limit -> !ContainerFilter.created(container).isAfter(limit))
                        .orElse(true)
                && filters.labelsMatch("label", labels)
                && !(filters.contains("label!") && filters.labelsMatch("label!", labels));
    }

    /** One that was started or removed meanwhile, or whose node is silent, stays. */
    private boolean tryRemove(Container container) {
        try {
            containers.remove(container, false, false);
            return true;
        } catch (ApiException e) {
            if (e.status() == 409 || e.status() == 503) {
                return false;
            }
            throw e;
        }
    }
}
