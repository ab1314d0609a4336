package io.flotilla.manager.control.core;

import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.HealthConfig;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.UpdateConfig;
import io.flotilla.bus.schema.VolumeAttachment;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.autoscale.AutoscaleRules;
import io.flotilla.manager.orchestrator.cron.CronInvalid;
import io.flotilla.manager.orchestrator.cron.CronRules;
import io.flotilla.manager.orchestrator.rebalance.RebalanceRules;
import io.flotilla.manager.scheduler.Constraint;
import io.flotilla.manager.scheduler.Dependency;
import io.flotilla.manager.scheduler.PlacementLabels;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What makes a service's spec invalid in itself, in the order and words of swarmkit's control API. */
final class ServiceSpecRules {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?");
    private static final int MAX_NAME = 63;

    // the reference grammar of github.com/distribution/reference; an image's bare ID passes as a repository
    private static final Pattern IMAGE = Pattern.compile("(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
            + "(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?/)?"
            + "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
            + "(?::\\w[\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,})?");

    private static final long MIN_NANO_CPUS = 1_000_000;
    private static final long MIN_MEMORY_BYTES = 4L * 1024 * 1024;
    private static final long MIN_HEALTH_NANOS = 1_000_000;
    private static final long MAX_PORT = 65_535;

    private ServiceSpecRules() {}

    static @Nullable Refusal check(ServiceSpec spec) {
        TaskSpec template = spec.taskTemplate();
        if (template == null || template.containerSpec() == null) {
            return Refusal.invalid("mismatched Runtime and *Spec fields");
        }
        ContainerSpec container = template.containerSpec();
        return new Refusals()
                .and(() -> name(Objects.requireNonNullElse(spec.name(), "")))
                .and(() -> labels(spec))
                .and(() -> resources(template.resources()))
                .and(() -> restart(template.restartPolicy()))
                .and(() -> placement(template.placement()))
                .and(() -> container(container))
                .and(() -> update(spec.updateConfig()))
                .and(() -> update(spec.rollbackConfig()))
                .and(() -> endpoint(spec.endpointSpec()))
                .and(() -> mode(spec.mode()))
                .and(() -> job(spec))
                .and(() -> ValueReferences.malformed(container))
                .and(() -> cron(spec))
                .first();
    }

    private static @Nullable Refusal name(String name) {
        return new Refusals()
                .when(name.isEmpty(), () -> Refusals.invalidArgument("meta: name must be provided"))
                .when(
                        !NAME.matcher(name).matches(),
                        () -> Refusals.invalidArgument("name must be valid as a DNS name component"))
                .when(
                        name.length() > MAX_NAME,
                        () -> Refusals.invalidArgument("name must be " + MAX_NAME + " characters or fewer"))
                .first();
    }

    /** Labels that act. */
    private static @Nullable Refusal labels(ServiceSpec spec) {
        return PlacementLabels.problem(spec.labels())
                .or(() -> Dependency.malformed(spec))
                .or(() -> RebalanceRules.malformed(spec))
                .or(() -> AutoscaleRules.malformed(spec))
                .map(Refusals::invalidArgument)
                .orElse(null);
    }

    private static @Nullable Refusal resources(@Nullable ResourceRequirements resources) {
        if (resources == null) {
            return null;
        }
        return new Refusals()
                .and(() -> resources.limits() == null
                        ? null
                        : amount(
                                resources.limits().nanoCpus(),
                                resources.limits().memoryBytes()))
                .and(() -> resources.reservations() == null
                        ? null
                        : amount(
                                resources.reservations().nanoCpus(),
                                resources.reservations().memoryBytes()))
                .and(() -> resources.reservations() == null
                        ? null
                        : generic(resources.reservations().genericResources()))
                .first();
    }

    private static @Nullable Refusal generic(List<GenericResource> reservations) {
        for (GenericResource reservation : reservations) {
            if (reservation.namedResourceSpec() != null || reservation.discreteResourceSpec() == null) {
                return Refusals.invalidArgument("generic resources are reserved by their number, not by name");
            }
            if (reservation.discreteResourceSpec().value() < 0) {
                return Refusals.invalidArgument("cannot ask for negative resource "
                        + reservation.discreteResourceSpec().kind());
            }
        }
        return null;
    }

    private static @Nullable Refusal amount(@Nullable Long nanoCpus, @Nullable Long memoryBytes) {
        return new Refusals()
                .when(
                        nanoCpus != null && nanoCpus != 0 && nanoCpus < MIN_NANO_CPUS,
                        () -> Refusals.invalidArgument(
                                "invalid cpu value " + goFloat(nanoCpus) + ": Must be at least 0.001"))
                .when(
                        memoryBytes != null && memoryBytes != 0 && memoryBytes < MIN_MEMORY_BYTES,
                        () -> Refusals.invalidArgument(
                                "invalid memory value " + memoryBytes + ": Must be at least 4MiB"))
                .first();
    }

    /** As Go's %g prints it: -1, 1e-08. */
    private static String goFloat(@Nullable Long nanoCpus) {
        double cpus = Objects.requireNonNullElse(nanoCpus, 0L) / 1e9;
        if (Math.abs(cpus) >= 1e-4) {
            return BigDecimal.valueOf(cpus).stripTrailingZeros().toPlainString();
        }
        String[] parts = Double.toString(cpus).split("E-", 2);
        String mantissa = parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
        return mantissa + "e-" + (parts[1].length() < 2 ? "0" + parts[1] : parts[1]);
    }

    private static @Nullable Refusal restart(@Nullable ServiceRestartPolicy policy) {
        if (policy == null) {
            return null;
        }
        return new Refusals()
                .when(
                        negative(policy.delay()),
                        () -> Refusals.invalidArgument("TaskSpec: restart-delay cannot be negative"))
                .when(
                        negative(policy.window()),
                        () -> Refusals.invalidArgument("TaskSpec: restart-window cannot be negative"))
                .when(
                        negative(policy.maxAttempts()),
                        () -> Refusals.invalidArgument("TaskSpec: restart-max-attempts cannot be negative"))
                .first();
    }

    private static @Nullable Refusal placement(@Nullable Placement placement) {
        if (placement == null) {
            return null;
        }
        return new Refusals()
                .when(
                        negative(placement.maxReplicas()),
                        () -> Refusals.invalidArgument("max-replicas cannot be negative"))
                .and(() -> Constraint.malformed(placement.constraints())
                        .map(problem -> Refusal.invalid("rpc error: code = Unknown desc = " + problem))
                        .orElse(null))
                .first();
    }

    private static @Nullable Refusal container(ContainerSpec spec) {
        String image = Objects.requireNonNullElse(spec.image(), "");
        return new Refusals()
                .when(
                        image.isEmpty(),
                        () -> Refusals.invalidArgument("ContainerSpec: image reference must be provided"))
                .when(
                        !IMAGE.matcher(image).matches(),
                        () -> Refusals.invalidArgument(
                                "ContainerSpec: \"" + image + "\" is not a valid repository/tag"))
                .and(() -> mounts(spec.mounts()))
                .and(() -> health(spec.healthCheck()))
                .when(
                        negative(spec.stopGracePeriod()),
                        () -> Refusals.invalidArgument("ContainerSpec: StopGracePeriod cannot be negative"))
                .first();
    }

    private static @Nullable Refusal mounts(List<Mount> mounts) {
        Set<String> targets = new HashSet<>();
        for (Mount mount : mounts) {
            String target = Objects.requireNonNullElse(mount.target(), "");
            if (target.isEmpty()) {
                return Refusal.invalid("invalid mount config: field Target must not be empty");
            }
            if (!target.startsWith("/")) {
                return Refusal.invalid(
                        "invalid mount config: invalid mount path: '" + target + "' mount path must be absolute");
            }
            if (!targets.add(target)) {
                return Refusals.invalidArgument("ContainerSpec: duplicate mount point: " + target);
            }
            Refusal refusal = mount.type() == Mount.MountType.CLUSTER ? clusterMount(mount) : null;
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    /** The CSI plugin decides how a cluster volume is mounted; a mount of it has no options. */
    private static @Nullable Refusal clusterMount(Mount mount) {
        String source = Objects.requireNonNullElse(mount.source(), "");
        String invalid = "invalid mount config for type \"cluster\": field ";
        return new Refusals()
                .when(
                        source.isEmpty() || source.equals(VolumeAttachment.GROUP),
                        () -> Refusal.invalid(invalid + "Source must not be empty"))
                .when(mount.bindOptions() != null, () -> Refusal.invalid(invalid + "BindOptions must not be specified"))
                .when(
                        mount.volumeOptions() != null,
                        () -> Refusal.invalid(invalid + "VolumeOptions must not be specified"))
                .when(
                        mount.imageOptions() != null,
                        () -> Refusal.invalid(invalid + "ImageOptions must not be specified"))
                .when(
                        mount.tmpfsOptions() != null,
                        () -> Refusal.invalid(invalid + "TmpfsOptions must not be specified"))
                .first();
    }

    private static @Nullable Refusal health(@Nullable HealthConfig health) {
        if (health == null) {
            return null;
        }
        return new Refusals()
                .and(() -> healthDuration("Interval", health.interval()))
                .and(() -> healthDuration("Timeout", health.timeout()))
                .when(
                        negative(health.retries()),
                        () -> Refusals.invalidArgument("ContainerSpec: Retries in HealthConfig cannot be negative"))
                .and(() -> healthDuration("StartPeriod", health.startPeriod()))
                .and(() -> healthDuration("StartInterval", health.startInterval()))
                .first();
    }

    private static @Nullable Refusal healthDuration(String field, @Nullable Long nanos) {
        return nanos == null || nanos == 0 || nanos >= MIN_HEALTH_NANOS
                ? null
                : Refusals.invalidArgument("ContainerSpec: " + field + " in HealthConfig cannot be less than 1ms");
    }

    private static @Nullable Refusal update(@Nullable UpdateConfig update) {
        if (update == null) {
            return null;
        }
        Double ratio = update.maxFailureRatio();
        return new Refusals()
                .when(
                        negative(update.delay()),
                        () -> Refusals.invalidArgument("TaskSpec: update-delay cannot be negative"))
                .when(
                        negative(update.monitor()),
                        () -> Refusals.invalidArgument("TaskSpec: update-monitor cannot be negative"))
                .when(
                        negative(update.parallelism()),
                        () -> Refusals.invalidArgument("TaskSpec: update-parallelism cannot be negative"))
                .when(
                        ratio != null && !(ratio >= 0 && ratio <= 1),
                        () -> Refusals.invalidArgument(
                                "TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1"))
                .first();
    }

    private static @Nullable Refusal endpoint(@Nullable EndpointSpec endpoint) {
        if (endpoint == null) {
            return null;
        }
        for (PortConfig port : endpoint.ports()) {
            if (port.publishMode() == PortConfig.PublishMode.INGRESS && endpoint.mode() == EndpointSpec.Mode.DNSRR) {
                return Refusals.invalidArgument(
                        "EndpointSpec: port published with ingress mode can't be used with dnsrr mode");
            }
            long target = Objects.requireNonNullElse(port.targetPort(), 0L);
            long published = Objects.requireNonNullElse(port.publishedPort(), 0L);
            if (target < 1 || target > MAX_PORT) {
                return Refusals.invalidArgument("EndpointSpec: invalid target port " + target);
            }
            if (published < 0 || published > MAX_PORT) {
                return Refusals.invalidArgument("EndpointSpec: invalid published port " + published);
            }
        }
        return null;
    }

    private static @Nullable Refusal mode(@Nullable ServiceMode mode) {
        if (mode == null) {
            return null;
        }
        long modes = Stream.of(mode.replicated(), mode.global(), mode.replicatedJob(), mode.globalJob())
                .filter(Objects::nonNull)
                .count();
        Long replicas = mode.replicated() == null ? null : mode.replicated().replicas();
        ServiceMode.ReplicatedJob job = mode.replicatedJob();
        return new Refusals()
                .when(modes > 1, () -> Refusal.invalid("must specify only one service mode"))
                .and(() -> unsigned(replicas, "ReplicatedService.Mode.Replicated.Replicas"))
                .and(() -> job == null ? null : unsigned(job.maxConcurrent(), "ReplicatedJob.Mode.MaxConcurrent"))
                .and(() -> job == null ? null : unsigned(job.totalCompletions(), "ReplicatedJob.Mode.TotalCompletions"))
                .first();
    }

    private static @Nullable Refusal unsigned(@Nullable Long value, String field) {
        return negative(value)
                ? Refusal.invalid(
                        "json: cannot unmarshal number " + value + " into Go struct field " + field + " of type uint64")
                : null;
    }

    /** A change executes a job anew: there is nothing to update or to roll back step by step. */
    private static @Nullable Refusal job(ServiceSpec spec) {
        return !ServiceModes.isJob(spec)
                ? null
                : new Refusals()
                        .when(
                                spec.updateConfig() != null,
                                () -> Refusals.invalidArgument("Jobs may not have an update config"))
                        .when(
                                spec.rollbackConfig() != null,
                                () -> Refusals.invalidArgument("Jobs may not have a rollback config"))
                        .first();
    }

    private static @Nullable Refusal cron(ServiceSpec spec) {
        try {
            var _ = CronRules.of(spec);
            return null;
        } catch (CronInvalid e) {
            return Refusals.invalidArgument(String.valueOf(e.getMessage()));
        }
    }

    private static boolean negative(@Nullable Long value) {
        return value != null && value < 0;
    }
}
