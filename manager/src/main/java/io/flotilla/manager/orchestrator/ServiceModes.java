package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
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

    public static boolean isReplicatedJob(Service service) {
        ServiceMode mode = service.spec().mode();
        return mode != null && mode.replicatedJob() != null;
    }

    public static boolean isGlobalJob(Service service) {
        ServiceMode mode = service.spec().mode();
        return mode != null && mode.globalJob() != null;
    }

    public static boolean isJob(ServiceSpec spec) {
        ServiceMode mode = spec.mode();
        return mode != null && (mode.replicatedJob() != null || mode.globalJob() != null);
    }

    /** How often a replicated job is to be completed. */
    public static long totalCompletions(Service service) {
        return replicatedJob(service)
                .map(ServiceMode.ReplicatedJob::totalCompletions)
                .orElse(1L);
    }

    /** How many tasks of a replicated job may be under way; 0: none, the job rests. */
    public static long maxConcurrent(Service service) {
        return replicatedJob(service)
                .map(ServiceMode.ReplicatedJob::maxConcurrent)
                .orElse(1L);
    }

    private static Optional<ServiceMode.ReplicatedJob> replicatedJob(Service service) {
        return Optional.ofNullable(service.spec().mode()).map(ServiceMode::replicatedJob);
    }

    public static long replicas(Service service) {
        return Optional.ofNullable(service.spec().mode())
                .map(ServiceMode::replicated)
                .map(ServiceMode.Replicated::replicas)
                .orElse(1L);
    }
}
