package io.flotilla.manager.allocator;

import io.flotilla.bus.schema.Endpoint;
import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.EndpointSpecBuilder;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.Service;
import io.flotilla.manager.allocator.PortAllocation.Published;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;

/** What ports a service publishes: those it names, and for ingress ports it leaves open one it had before or a free one. */
final class EndpointPorts {
    sealed interface Outcome {}

    record Decided(Endpoint endpoint) implements Outcome {}

    record NoneFree(String reason) implements Outcome {}

    private final Service service;
    private final PortPool pool;
    private final Set<Published> taken = new HashSet<>();

    private EndpointPorts(Service service, PortPool pool) {
        this.service = service;
        this.pool = pool;
    }

    static Outcome decide(Service service, PortPool pool) {
        return new EndpointPorts(service, pool).decide();
    }

    private Outcome decide() {
        EndpointSpec spec =
                Objects.requireNonNullElseGet(service.spec().endpointSpec(), () -> EndpointSpecBuilder.builder()
                        .build());
        for (PortConfig port : spec.ports()) {
            if (isIngress(port) && PortAllocation.publishedPortOf(port) != 0) {
                Published published = Published.of(port);
                // commands refuse this; a new leader may still meet two services that were made before the check
                if (!pool.isFree(published, service.id())) {
                    return new NoneFree("port '" + published.port() + "' is already in use by another service");
                }
                taken.add(published);
            }
        }
        // all that stay before any that is new: it would else be given one of them
        Map<PortConfig, Long> kept = new HashMap<>();
        spec.ports().stream().filter(EndpointPorts::isOpen).forEach(port -> had(port)
                .ifPresent(number -> take(kept, port, number)));
        List<PortConfig> ports = new ArrayList<>();
        for (PortConfig port : spec.ports()) {
            if (!isOpen(port)) {
                ports.add(port);
                continue;
            }
            Long stays = kept.remove(port);
            OptionalLong number = stays == null
                    ? pool.anyFree(PortAllocation.protocolOf(port), service.id(), taken)
                    : OptionalLong.of(stays);
            if (number.isEmpty()) {
                return new NoneFree("no free %s port between %d and %d to publish target port %d on"
                        .formatted(
                                PortAllocation.protocolOf(port).name().toLowerCase(Locale.ROOT),
                                PortPool.FIRST_DYNAMIC,
                                PortPool.LAST_DYNAMIC,
                                port.targetPort()));
            }
            taken.add(new Published(PortAllocation.protocolOf(port), number.getAsLong()));
            ports.add(port.withPublishedPort(number.getAsLong()));
        }
        return new Decided(new Endpoint(spec, ports, List.of()));
    }

    private void take(Map<PortConfig, Long> kept, PortConfig port, long number) {
        kept.put(port, number);
        taken.add(new Published(PortAllocation.protocolOf(port), number));
    }

    /** The number that was chosen for this port before, when it can still be had. */
    private OptionalLong had(PortConfig port) {
        List<PortConfig> before =
                service.endpoint() == null ? List.of() : service.endpoint().ports();
        return before.stream()
                .filter(old -> old.withPublishedPort(null).equals(port.withPublishedPort(null)))
                .map(Published::of)
                .filter(old -> old.port() >= PortPool.FIRST_DYNAMIC && old.port() <= PortPool.LAST_DYNAMIC)
                .filter(old -> !taken.contains(old) && pool.isFree(old, service.id()))
                .mapToLong(Published::port)
                .findFirst();
    }

    private static boolean isOpen(PortConfig port) {
        return isIngress(port) && PortAllocation.publishedPortOf(port) == 0;
    }

    private static boolean isIngress(PortConfig port) {
        return PortAllocation.modeOf(port) == PortConfig.PublishMode.INGRESS;
    }
}
