package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.Network;
import io.flotilla.bus.schema.NetworkAttachmentConfig;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.manager.state.ClusterState;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which parts of a valid spec this version can't make true: refused by name, so that nobody believes they hold. */
final class ServiceSpecSupport {
    private static final Set<Mount.MountType> MOUNTS =
            Set.of(Mount.MountType.BIND, Mount.MountType.VOLUME, Mount.MountType.TMPFS, Mount.MountType.CLUSTER);

    /** All of a service's new tasks are one batch, which is one Raft entry; every completion of a job is remembered. */
    private static final long MAX_REPLICAS = 20_000;

    private ServiceSpecSupport() {}

    static @Nullable Refusal check(ClusterState state, ServiceSpec spec) {
        TaskSpec template = Objects.requireNonNull(spec.taskTemplate());
        ContainerSpec container = Objects.requireNonNull(template.containerSpec());
        Refusals refusals = new Refusals()
                .and(() -> mode(spec.mode()))
                .when(
                        !"container".equals(template.runtime()),
                        () -> Refusals.notYet("the task runtime \"" + template.runtime() + "\""))
                .and(() -> mounts(container))
                .and(() -> privileges(container.privileges()))
                .when(
                        container.isolation() != null && container.isolation() != ContainerSpec.Isolation.DEFAULT,
                        () -> Refusal.invalid("invalid isolation: only \"default\" exists on Linux"));
        Stream.concat(template.networks().stream(), spec.networks().stream())
                .forEach(network -> refusals.and(() -> network(state, network)));
        return refusals.first();
    }

    private static @Nullable Refusal mode(@Nullable ServiceMode mode) {
        ServiceMode.ReplicatedJob job = mode == null ? null : mode.replicatedJob();
        Long completions = job == null ? null : job.totalCompletions();
        Long replicas = mode == null || mode.replicated() == null
                ? null
                : mode.replicated().replicas();
        return new Refusals()
                .when(
                        replicas != null && replicas > MAX_REPLICAS,
                        () -> Refusal.invalid(
                                "a service of " + replicas + " replicas is too large: the limit is " + MAX_REPLICAS))
                .when(
                        completions != null && completions > MAX_REPLICAS,
                        () -> Refusal.invalid(
                                "a job of " + completions + " completions is too large: the limit is " + MAX_REPLICAS))
                .first();
    }

    private static @Nullable Refusal mounts(ContainerSpec container) {
        for (Mount mount : container.mounts()) {
            Mount.MountType type = Objects.requireNonNullElse(mount.type(), Mount.MountType.BIND);
            if (!MOUNTS.contains(type)) {
                return Refusals.notYet("a mount of type " + type.name().toLowerCase(Locale.ROOT));
            }
        }
        return null;
    }

    private static @Nullable Refusal privileges(ContainerSpec.@Nullable Privileges privileges) {
        if (privileges == null) {
            return null;
        }
        ContainerSpec.Privileges.SeLinuxContext selinux = privileges.seLinuxContext();
        return new Refusals()
                .when(privileges.credentialSpec() != null, () -> Refusal.invalid("CredentialSpec is only for Windows"))
                .when(
                        selinux != null && !Boolean.TRUE.equals(selinux.disable()),
                        () -> Refusals.notYet("SELinuxContext"))
                .first();
    }

    private static @Nullable Refusal network(ClusterState state, NetworkAttachmentConfig attachment) {
        String target = Objects.requireNonNullElse(attachment.target(), "");
        Network network = state.networks().stream()
                .filter(n -> n.id().equals(target) || n.name().equals(target))
                .findFirst()
                .orElse(null);
        if (network == null) {
            return Refusal.notFound("network " + target + " not found");
        }
        if (Boolean.TRUE.equals(network.ingress())) {
            return Refusals.invalidArgument(
                    "Service cannot be explicitly attached to the ingress network \"" + network.name() + "\"");
        }
        return "local".equals(network.scope()) ? null : Refusals.notYet("attaching a service to an overlay network");
    }
}
