package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.Limit;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.ServiceSpecBuilder;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.UpdateConfig;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.autoscale.AutoscaleRules;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A service as a user of the simulation asks for it, short enough to be read in a trace.
 *
 * @param mode what the service is when it is created: an update can't change that
 * @param replicas of a job: completions
 * @param reservedCpus in quarters of a node
 * @param hostPort 0: none
 * @param ingressPort 0: none
 * @param zone constraint node.labels.zone, empty: none
 * @param extras what is asked for by labels
 * @param volume source of its mount of a cluster volume, with {@link #READ_ONLY} behind it for one that only reads; empty: none
 */
record ServiceShape(
        Fate fate,
        int revision,
        Mode mode,
        int replicas,
        int reservedCpus,
        int hostPort,
        int ingressPort,
        String zone,
        ServiceRestartPolicy restart,
        UpdateConfig update,
        Extras extras,
        String volume) {

    enum Mode {
        REPLICATED,
        GLOBAL,
        REPLICATED_JOB,
        GLOBAL_JOB;

        static Mode of(Service service) {
            if (ServiceModes.isJob(service.spec())) {
                return ServiceModes.isGlobalJob(service) ? GLOBAL_JOB : REPLICATED_JOB;
            }
            return ServiceModes.isGlobal(service) ? GLOBAL : REPLICATED;
        }
    }

    private static final String DEMAND = "DEMAND=";
    static final String READ_ONLY = ":ro";

    /** Tasks of a job that are under way at a time, at most. */
    static final int MAX_CONCURRENT = 3;

    static ServiceShape any(Random random) {
        Fate fate = random.nextInt(10) < 6 ? Fate.HEALTHY : Fate.values()[random.nextInt(Fate.values().length)];
        Mode mode = random.nextInt(5) == 0 ? Mode.GLOBAL : Mode.REPLICATED;
        if (random.nextInt(4) == 0) {
            mode = random.nextInt(4) == 0 ? Mode.GLOBAL_JOB : Mode.REPLICATED_JOB;
            fate = random.nextBoolean() ? Fate.FINISHING : fate;
        }
        // a few nodes on which there is not room for everyone, however many nodes there are
        boolean crowded = random.nextInt(3) == 0;
        return new ServiceShape(
                fate,
                random.nextInt(3),
                mode,
                random.nextInt(8),
                crowded || random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 0,
                random.nextInt(6) == 0 ? 8000 + random.nextInt(2) : 0,
                random.nextInt(4) == 0 ? 9000 + random.nextInt(3) : 0,
                crowded || random.nextInt(6) == 0 ? "a" : "",
                restart(random),
                update(random),
                Extras.any(random),
                "");
    }

    /** One that nothing but a fault of its host makes end. */
    static ServiceShape steady(Random random, int number) {
        return new ServiceShape(
                Fate.HEALTHY,
                0,
                Mode.REPLICATED,
                1 + random.nextInt(8),
                random.nextInt(2),
                0,
                0,
                "",
                restart(random),
                update(random),
                Extras.steady(random, number),
                "");
    }

    private static ServiceRestartPolicy restart(Random random) {
        ServiceRestartPolicy.Condition[] conditions = ServiceRestartPolicy.Condition.values();
        return new ServiceRestartPolicy(
                random.nextInt(4) == 0
                        ? conditions[random.nextInt(conditions.length)]
                        : ServiceRestartPolicy.Condition.ANY,
                nanos(random.nextInt(2_000)),
                random.nextInt(4) == 0 ? (Long) (long) (1 + random.nextInt(3)) : (Long) 0L,
                random.nextBoolean() ? nanos(random.nextInt(20_000)) : 0L);
    }

    private static UpdateConfig update(Random random) {
        UpdateConfig.FailureAction[] actions = UpdateConfig.FailureAction.values();
        return new UpdateConfig(
                (long) random.nextInt(4),
                nanos(random.nextInt(1_000)),
                actions[random.nextInt(actions.length)],
                nanos(1 + random.nextInt(2_000)),
                random.nextInt(3) == 0 ? 0.5 : 0.0,
                random.nextBoolean() ? UpdateConfig.Order.START_FIRST : UpdateConfig.Order.STOP_FIRST);
    }

    private static long nanos(int millis) {
        return Duration.ofMillis(millis).toNanos();
    }

    ServiceShape mounting(String source) {
        return new ServiceShape(
                fate,
                revision,
                mode,
                replicas,
                reservedCpus,
                hostPort,
                ingressPort,
                zone,
                restart,
                update,
                extras,
                source);
    }

    private List<Mount> mounts() {
        return volume.isEmpty()
                ? List.of()
                : List.of(MountBuilder.builder()
                        .type(Mount.MountType.CLUSTER)
                        .source(volume.replace(READ_ONLY, ""))
                        .target("/data")
                        .readOnly(volume.endsWith(READ_ONLY))
                        .build());
    }

    /** All are of cluster volumes. */
    static List<Mount> mounts(TaskSpec spec) {
        return Optional.ofNullable(spec.containerSpec())
                .map(ContainerSpec::mounts)
                .orElse(List.of());
    }

    /** @param values what the service is to be given of {@link Extras#values} that is there */
    ServiceSpec spec(String name, Mode as, List<StoredValue> values) {
        boolean job = as == Mode.REPLICATED_JOB || as == Mode.GLOBAL_JOB;
        return ServiceSpecBuilder.builder()
                .name(name)
                .labels(extras.labels(as))
                .mode(serviceMode(as))
                .taskTemplate(TaskSpecBuilder.builder()
                        .containerSpec(ContainerSpecBuilder.builder()
                                .image(fate.image())
                                .env(List.of("REVISION=" + revision, DEMAND + extras.demand()))
                                .secrets(values.stream()
                                        .filter(value -> value.kind() == ObjectKind.SECRET)
                                        .map(ServiceShape::secret)
                                        .toList())
                                .configs(values.stream()
                                        .filter(value -> value.kind() == ObjectKind.CONFIG)
                                        .map(ServiceShape::config)
                                        .toList())
                                .mounts(mounts())
                                .build())
                        .resources(resources(as))
                        .restartPolicy(restart)
                        .placement(
                                zone.isEmpty()
                                        ? null
                                        : new Placement(
                                                List.of("node.labels.zone==" + zone), List.of(), null, List.of()))
                        .build())
                .endpointSpec(endpoint(as))
                .updateConfig(job ? null : update)
                .rollbackConfig(job ? null : update)
                .build();
    }

    private static ContainerSpec.Secret secret(StoredValue value) {
        return new ContainerSpec.Secret(
                new ContainerSpec.Secret.File(value.name(), "0", "0", 0444L), value.id(), value.name());
    }

    private static ContainerSpec.Config config(StoredValue value) {
        return new ContainerSpec.Config(
                new ContainerSpec.Config.File("/" + value.name(), "0", "0", 0444L), Map.of(), value.id(), value.name());
    }

    private @Nullable ResourceRequirements resources(Mode as) {
        boolean limited = extras.targets(as).contains(AutoscaleRules.MEMORY);
        if (reservedCpus == 0 && !limited) {
            return null;
        }
        return new ResourceRequirements(
                limited ? new Limit(null, Extras.MEMORY_LIMIT_BYTES, null) : null,
                reservedCpus == 0 ? null : new ResourceObject(SimulatedNode.CPUS / 4 * reservedCpus, 0L, List.of()),
                null,
                null);
    }

    /** What all tasks of a service use together, in the units of {@link Extras}. */
    static int demand(TaskSpec spec) {
        return Optional.ofNullable(spec.containerSpec()).map(ContainerSpec::env).orElse(List.of()).stream()
                .filter(variable -> variable.startsWith(DEMAND))
                .mapToInt(variable -> Integer.parseInt(variable.substring(DEMAND.length())))
                .sum();
    }

    private ServiceMode serviceMode(Mode as) {
        return switch (as) {
            case REPLICATED -> new ServiceMode(new ServiceMode.Replicated((long) replicas), null, null, null);
            case GLOBAL -> new ServiceMode(null, new ServiceMode.Global(), null, null);
            case REPLICATED_JOB ->
                new ServiceMode(
                        null, null, new ServiceMode.ReplicatedJob((long) MAX_CONCURRENT, (long) replicas), null);
            case GLOBAL_JOB -> new ServiceMode(null, null, null, new ServiceMode.GlobalJob());
        };
    }

    private EndpointSpec endpoint(Mode as) {
        List<PortConfig> ports = new java.util.ArrayList<>();
        if (hostPort != 0) {
            ports.add(new PortConfig(null, PortConfig.Protocol.TCP, 80L, (long) hostPort, PortConfig.PublishMode.HOST));
        }
        if (ingressPort != 0) {
            ports.add(new PortConfig(
                    null, PortConfig.Protocol.TCP, 81L, (long) ingressPort, PortConfig.PublishMode.INGRESS));
        }
        if (ports.isEmpty() && extras.targets(as).contains(AutoscaleRules.REQUESTS)) {
            ports.add(new PortConfig(null, PortConfig.Protocol.TCP, 82L, null, PortConfig.PublishMode.INGRESS));
        }
        return new EndpointSpec(null, ports);
    }
}
