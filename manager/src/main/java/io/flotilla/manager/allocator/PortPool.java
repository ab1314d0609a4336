package io.flotilla.manager.allocator;

import io.flotilla.bus.schema.Endpoint;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.manager.allocator.PortAllocation.Published;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/** The ingress ports services hold. Derived from their endpoints. */
final class PortPool {
    /** SwarmKit's range for ports nobody chose; below Linux's default ephemeral ports, so that no client socket has one. */
    static final long FIRST_DYNAMIC = 30_000;

    static final long LAST_DYNAMIC = 32_767;

    private final Map<Published, String> holders = new HashMap<>();
    private final Map<String, Set<Published>> heldBy = new HashMap<>();

    void hold(String serviceId, Endpoint endpoint) {
        release(serviceId);
        for (PortConfig port : endpoint.ports()) {
            if (PortAllocation.modeOf(port) == PortConfig.PublishMode.INGRESS
                    && PortAllocation.publishedPortOf(port) != 0) {
                holders.put(Published.of(port), serviceId);
                heldBy.computeIfAbsent(serviceId, id -> new HashSet<>()).add(Published.of(port));
            }
        }
    }

    /** @return whether it held any */
    boolean release(String serviceId) {
        Set<Published> held = heldBy.remove(serviceId);
        if (held == null) {
            return false;
        }
        held.forEach(port -> holders.remove(port, serviceId));
        return true;
    }

    boolean isFree(Published port, String forServiceId) {
        String holder = holders.get(port);
        return holder == null || holder.equals(forServiceId);
    }

    /** The lowest dynamic port neither another service nor this endpoint has. */
    OptionalLong anyFree(PortConfig.Protocol protocol, String forServiceId, Set<Published> inThisEndpoint) {
        for (long number = FIRST_DYNAMIC; number <= LAST_DYNAMIC; number++) {
            Published port = new Published(protocol, number);
            if (isFree(port, forServiceId) && !inThisEndpoint.contains(port)) {
                return OptionalLong.of(number);
            }
        }
        return OptionalLong.empty();
    }
}
