package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.ScaleDecision;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceBuilder;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.SpecRevisionBuilder;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.UpdateStatus;
import io.flotilla.bus.seal.Confidential;
import io.flotilla.manager.state.Turn;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The only place that gives a service a spec. What its tasks are made from is kept apart, once for each version, as a
 * {@link SpecRevision}; a change of anything else (name, labels, replicas, update rules) keeps the version, and the tasks.
 * Version numbers are never used twice by a service: a rollback makes a new one with the old content. A job is executed anew
 * with every spec it is given, be it the same; one with a schedule only when that is forced.
 */
public final class ServiceRevisions {
    private static final ObjectVersion NOT_COMMITTED = new ObjectVersion(0);

    private ServiceRevisions() {}

    /** Puts a new service with its first revision. @param registryAuth what nodes pull its image with */
    public static Service created(Turn turn, String id, ServiceSpec spec, Confidential.@Nullable Sealed registryAuth) {
        Service service = ServiceBuilder.builder()
                .id(id)
                .version(NOT_COMMITTED)
                .createdAt(turn.now())
                .updatedAt(turn.now())
                .spec(spec)
                .specVersion(1)
                .jobStatus(JobIterations.created(spec, turn.now()))
                .build();
        turn.put(service);
        turn.put(revision(turn, service, registryAuth));
        return service;
    }

    /**
     * Puts the service with another spec; the one before is kept for a rollback, an update under way starts over.
     *
     * @param registryAuth what nodes pull its image with from now on, null: what they did until now
     */
    public static Service updated(
            Turn turn, Service old, ServiceSpec spec, Confidential.@Nullable Sealed registryAuth) {
        Service service = withSpec(turn, old, spec)
                .previousSpec(old.spec())
                .updateStatus(null)
                .build();
        Confidential.Sealed auth = registryAuth == null ? registryAuth(turn, old) : registryAuth;
        return put(turn, service, auth);
    }

    /**
     * Puts the service back to its previous spec because the user asked for it; rolling back once more goes forward again.
     *
     * @throws IllegalArgumentException the service has no previous spec: the command refuses that first
     */
    public static Service rolledBack(Turn turn, Service old) {
        Service service = withSpec(turn, old, previousSpec(old))
                .previousSpec(old.spec())
                .updateStatus(
                        ServiceModes.isJob(old.spec()) ? null : rollbackStarted(turn, "manually requested rollback"))
                .build();
        return put(turn, service, registryAuth(turn, old));
    }

    /**
     * Puts the service back to its previous spec because the update to the present one failed; there is nothing to go back
     * to from there.
     *
     * @throws IllegalArgumentException the service has no previous spec
     */
    public static Service rolledBackAfterFailure(Turn turn, Service old, String message) {
        Service service = withSpec(turn, old, previousSpec(old))
                .previousSpec(null)
                .updateStatus(rollbackStarted(turn, message))
                .build();
        return put(turn, service, registryAuth(turn, old));
    }

    /** Puts the service with another number of replicas: no change a rollback would undo. */
    public static void scaled(Turn turn, Service old, ScaleDecision decision) {
        ServiceMode.Replicated replicated = new ServiceMode.Replicated(decision.toReplicas());
        turn.put(ServiceBuilder.builder(old)
                .spec(old.spec().withMode(new ServiceMode(replicated, null, null, null)))
                .specIndex(0)
                .scaleDecision(decision)
                .updatedAt(turn.now())
                .build());
    }

    private static ServiceBuilder withSpec(Turn turn, Service old, ServiceSpec spec) {
        boolean sameTasks = taskSpec(old.spec()).equals(taskSpec(spec))
                && Objects.equals(old.spec().endpointSpec(), spec.endpointSpec());
        return ServiceBuilder.builder(old)
                .spec(spec)
                .specVersion(sameTasks ? old.specVersion() : old.specVersion() + 1)
                .specIndex(0)
                .jobStatus(JobIterations.updated(old, spec, turn.now()))
                .updatedAt(turn.now());
    }

    private static Confidential.@Nullable Sealed registryAuth(Turn turn, Service service) {
        return turn.state()
                .revision(service.id(), service.specVersion())
                .map(SpecRevision::sealedRegistryAuth)
                .orElse(null);
    }

    private static Service put(Turn turn, Service service, Confidential.@Nullable Sealed registryAuth) {
        turn.put(service);
        Optional<SpecRevision> present = turn.state().revision(service.id(), service.specVersion());
        if (present.isEmpty()) {
            turn.put(revision(turn, service, registryAuth));
        } else if (!Objects.equals(present.get().sealedRegistryAuth(), registryAuth)) {
            // other credentials are no reason to replace tasks that run
            turn.put(present.get().withSealedRegistryAuth(registryAuth));
        }
        return service;
    }

    private static SpecRevision revision(Turn turn, Service service, Confidential.@Nullable Sealed registryAuth) {
        return SpecRevisionBuilder.builder()
                .id(SpecRevision.idOf(service.id(), service.specVersion()))
                .version(NOT_COMMITTED)
                .createdAt(turn.now())
                .updatedAt(turn.now())
                .serviceId(service.id())
                .specVersion(service.specVersion())
                .spec(taskSpec(service.spec()))
                .endpointSpec(service.spec().endpointSpec())
                .sealedRegistryAuth(registryAuth)
                .build();
    }

    // clients before API 1.25 name networks beside the task template: SwarmKit moves them into it as well
    private static TaskSpec taskSpec(ServiceSpec spec) {
        TaskSpec template =
                spec.taskTemplate() == null ? TaskSpecBuilder.builder().build() : spec.taskTemplate();
        return template.networks().isEmpty() ? template.withNetworks(spec.networks()) : template;
    }

    private static ServiceSpec previousSpec(Service service) {
        if (service.previousSpec() == null) {
            throw new IllegalArgumentException("service " + service.id() + " does not have a previous spec");
        }
        return service.previousSpec();
    }

    private static UpdateStatus rollbackStarted(Turn turn, String message) {
        return new UpdateStatus(UpdateStatus.State.ROLLBACK_STARTED, turn.now(), null, message);
    }
}
