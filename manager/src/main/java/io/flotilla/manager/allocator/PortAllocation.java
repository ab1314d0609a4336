package io.flotilla.manager.allocator;

import io.flotilla.bus.schema.Endpoint;
import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.manager.state.ClusterState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which published ports services may have. Several services may publish one host-mode port: nodes keep them apart. */
public final class PortAllocation {
    private PortAllocation() {}

    /** A port of the whole cluster. */
    record Published(PortConfig.Protocol protocol, long port) {
        static Published of(PortConfig config) {
            return new Published(protocolOf(config), publishedPortOf(config));
        }
    }

    /**
     * Why a service can't have the published ports it asks for, in SwarmKit's words.
     *
     * @param selfId of the service that is updated, null for a new one
     */
    public static Optional<String> conflict(ClusterState state, ServiceSpec spec, @Nullable String selfId) {
        Map<Published, Set<PortConfig.PublishMode>> wanted = new HashMap<>();
        for (PortConfig port : fixedPorts(spec.endpointSpec())) {
            Set<PortConfig.PublishMode> modes =
                    wanted.computeIfAbsent(Published.of(port), p -> EnumSet.noneOf(PortConfig.PublishMode.class));
            if (!modes.isEmpty()) {
                return Optional.of("EndpointSpec: duplicate published ports provided");
            }
            modes.add(modeOf(port));
        }
        if (wanted.isEmpty()) {
            return Optional.empty();
        }
        return state.services().stream()
                .filter(service -> !service.id().equals(selfId))
                .sorted(Comparator.comparing(Service::createdAt).thenComparing(Service::id))
                .flatMap(service -> portsOf(service)
                        .filter(port -> collides(port, wanted.getOrDefault(Published.of(port), Set.of())))
                        .map(port -> inUse(port, service)))
                .findFirst();
    }

    // an ingress port belongs to one service alone, on all nodes
    private static boolean collides(PortConfig taken, Set<PortConfig.PublishMode> wanted) {
        return modeOf(taken) == PortConfig.PublishMode.INGRESS
                ? !wanted.isEmpty()
                : wanted.contains(PortConfig.PublishMode.INGRESS);
    }

    private static String inUse(PortConfig port, Service by) {
        String as = modeOf(port) == PortConfig.PublishMode.INGRESS ? "an ingress port" : "a host-published port";
        return "port '%d' is already in use by service '%s' (%s) as %s"
                .formatted(publishedPortOf(port), by.spec().name(), by.id(), as);
    }

    private static Stream<PortConfig> portsOf(Service service) {
        List<PortConfig> ports = new ArrayList<>(fixedPorts(service.spec().endpointSpec()));
        Endpoint endpoint = service.endpoint();
        if (endpoint != null) {
            endpoint.ports().stream().filter(port -> publishedPortOf(port) != 0).forEach(ports::add);
        }
        return ports.stream();
    }

    private static List<PortConfig> fixedPorts(@Nullable EndpointSpec spec) {
        return spec == null
                ? List.of()
                : spec.ports().stream()
                        .filter(port -> publishedPortOf(port) != 0)
                        .toList();
    }

    static PortConfig.PublishMode modeOf(PortConfig port) {
        return Objects.requireNonNullElse(port.publishMode(), PortConfig.PublishMode.INGRESS);
    }

    static PortConfig.Protocol protocolOf(PortConfig port) {
        return Objects.requireNonNullElse(port.protocol(), PortConfig.Protocol.TCP);
    }

    /** 0: any free one. */
    static long publishedPortOf(PortConfig port) {
        return Objects.requireNonNullElse(port.publishedPort(), 0L);
    }
}
