package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.manager.allocator.PortAllocation;
import io.flotilla.manager.orchestrator.ServiceRevisions;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.Turn;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** docker service create, update, scale, rollback, rm. What follows for tasks is the orchestrators' part. */
final class ServiceCommands {

    Reply create(Turn turn, Command.CreateService create) {
        String id = turn.newId();
        ServiceSpec spec = ServiceDefaults.applied(
                create.spec(),
                () -> GeneratedName.free(
                        id, name -> turn.state().serviceNamed(name).isPresent()));
        Refusal refusal = new Refusals()
                .and(() -> ServiceSpecRules.check(spec))
                .and(() -> ServiceSpecSupport.check(turn.state(), spec))
                .and(() -> ports(turn.state(), spec, null))
                .and(() -> ValueReferences.missing(turn.state(), spec))
                .when(turn.state().serviceNamed(nameOf(spec)).isPresent(), () -> nameTaken(nameOf(spec)))
                .first();
        if (refusal != null) {
            return Refusals.refused(refusal);
        }
        return Commands.done(ServiceRevisions.created(turn, id, spec, ValueCommands.sealed(create.registryAuth()))
                .id());
    }

    Reply update(Turn turn, Command.UpdateService update) {
        Service service = turn.state().service(update.serviceId()).orElse(null);
        if (service == null) {
            return Refusals.refused(notFound(update.serviceId()));
        }
        if (!knowsSpec(turn, service, update.version())) {
            return Commands.outOfSequence();
        }
        if (update.rollback()) {
            return rollback(turn, service);
        }
        if (update.spec() == null) {
            return Refusals.refused(Refusals.invalidArgument("spec: must be provided"));
        }
        ServiceSpec spec = ServiceDefaults.applied(update.spec(), () -> nameOf(service.spec()));
        Refusal refusal = new Refusals()
                .and(() -> ServiceSpecRules.check(spec))
                .and(() -> ServiceSpecSupport.check(turn.state(), spec))
                .and(() -> ports(turn.state(), spec, service.id()))
                .and(() -> ValueReferences.missing(turn.state(), spec))
                .when(
                        !nameOf(spec).equals(service.spec().name()),
                        () -> Refusals.unimplemented("renaming services is not supported"))
                .when(
                        !sameKind(spec.mode(), service.spec().mode()),
                        () -> Refusals.unimplemented("service mode change is not allowed"))
                .first();
        if (refusal != null) {
            return Refusals.refused(refusal);
        }
        return Commands.done(ServiceRevisions.updated(turn, service, spec, ValueCommands.sealed(update.registryAuth()))
                .id());
    }

    /**
     * Whether the client has seen the spec it replaces. SwarmKit refuses it too when managers wrote how far an update is since
     * then, so that one update soon after another fails by chance.
     */
    private static boolean knowsSpec(Turn turn, Service service, long version) {
        return service.specIndex() <= version
                && version <= service.version().index()
                && !turn.hasChanged(ObjectKind.SERVICE, service.id());
    }

    private static Reply rollback(Turn turn, Service service) {
        ServiceSpec previous = service.previousSpec();
        if (previous == null) {
            return Refusals.refused(
                    Refusals.failedPrecondition("service " + service.id() + " does not have a previous spec"));
        }
        Refusal refusal = new Refusals()
                .and(() -> ports(turn.state(), previous, service.id()))
                .and(() -> ValueReferences.missing(turn.state(), previous))
                .first();
        if (refusal != null) {
            return Refusals.refused(refusal);
        }
        return Commands.done(ServiceRevisions.rolledBack(turn, service).id());
    }

    Reply remove(Turn turn, Command.RemoveService remove) {
        String id = remove.serviceId();
        if (turn.state().service(id).isEmpty()) {
            return Refusals.refused(notFound(id));
        }
        turn.remove(ObjectKind.SERVICE, id);
        return Commands.done(id);
    }

    private static @Nullable Refusal ports(ClusterState state, ServiceSpec spec, @Nullable String selfId) {
        return PortAllocation.conflict(state, spec, selfId)
                .map(Refusals::invalidArgument)
                .orElse(null);
    }

    private static boolean sameKind(@Nullable ServiceMode one, @Nullable ServiceMode other) {
        return one != null
                && other != null
                && (one.global() == null) == (other.global() == null)
                && (one.replicatedJob() == null) == (other.replicatedJob() == null)
                && (one.globalJob() == null) == (other.globalJob() == null);
    }

    private static String nameOf(ServiceSpec spec) {
        return Objects.requireNonNullElse(spec.name(), "");
    }

    private static Refusal notFound(String id) {
        return Refusal.notFound("service " + id + " not found");
    }

    private static Refusal nameTaken(String name) {
        return Refusal.conflict(
                "rpc error: code = AlreadyExists desc = name conflicts with an existing object: service " + name
                        + " already exists");
    }
}
