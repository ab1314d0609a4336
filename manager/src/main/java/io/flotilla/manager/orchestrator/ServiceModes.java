package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import java.util.Optional;

/** What a service's mode asks for. Without a mode a service has one replica, as Docker reads it. */
public final class ServiceModes {
    private ServiceModes() {}

    public static boolean isReplicated(Service service) {
        ServiceMode mode = service.spec().mode();
        return mode == null
                || mode.replicated() != null
                || mode.global() == null && mode.replicatedJob() == null && mode.globalJob() == null;
    }

    public static boolean isGlobal(Service service) {
        ServiceMode mode = service.spec().mode();
        return mode != null && mode.global() != null;
    }

    public static long replicas(Service service) {
        return Optional.ofNullable(service.spec().mode())
                .map(ServiceMode::replicated)
                .map(ServiceMode.Replicated::replicas)
                .orElse(1L);
    }
}
