package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceRestartPolicy;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.ServiceSpecBuilder;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.UpdateConfig;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * A service as a user of the simulation asks for it, short enough to be read in a trace.
 *
 * @param replicas -1: global
 * @param reservedCpus in quarters of a node
 * @param hostPort 0: none
 * @param ingressPort 0: none
 * @param zone constraint node.labels.zone, empty: none
 */
record ServiceShape(
        Fate fate,
        int revision,
        int replicas,
        int reservedCpus,
        int hostPort,
        int ingressPort,
        String zone,
        ServiceRestartPolicy restart,
        UpdateConfig update) {

    static ServiceShape any(Random random) {
        Fate fate = random.nextInt(10) < 6 ? Fate.HEALTHY : Fate.values()[random.nextInt(Fate.values().length)];
        return new ServiceShape(
                fate,
                random.nextInt(3),
                random.nextInt(5) == 0 ? -1 : random.nextInt(8),
                random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 0,
                random.nextInt(6) == 0 ? 8000 + random.nextInt(2) : 0,
                random.nextInt(4) == 0 ? 9000 + random.nextInt(3) : 0,
                random.nextInt(6) == 0 ? "a" : "",
                restart(random),
                update(random));
    }

    /** One that nothing but a fault of its host makes end. */
    static ServiceShape steady(Random random) {
        return new ServiceShape(
                Fate.HEALTHY, 0, 1 + random.nextInt(8), random.nextInt(2), 0, 0, "", restart(random), update(random));
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

    /** An update can't make a replicated service global. */
    ServiceSpec spec(String name, boolean global) {
        long replicas = Math.max(0, this.replicas);
        return ServiceSpecBuilder.builder()
                .name(name)
                .mode(
                        global
                                ? new ServiceMode(null, new ServiceMode.Global(), null, null)
                                : new ServiceMode(new ServiceMode.Replicated(replicas), null, null, null))
                .taskTemplate(TaskSpecBuilder.builder()
                        .containerSpec(ContainerSpecBuilder.builder()
                                .image(fate.image())
                                .env(List.of("REVISION=" + revision))
                                .build())
                        .resources(
                                reservedCpus == 0
                                        ? null
                                        : new ResourceRequirements(
                                                null,
                                                new ResourceObject(
                                                        SimulatedAgent.CPUS / 4 * reservedCpus, 0L, List.of()),
                                                null,
                                                null))
                        .restartPolicy(restart)
                        .placement(
                                zone.isEmpty()
                                        ? null
                                        : new Placement(
                                                List.of("node.labels.zone==" + zone), List.of(), null, List.of()))
                        .build())
                .endpointSpec(endpoint())
                .updateConfig(update)
                .rollbackConfig(update)
                .build();
    }

    private EndpointSpec endpoint() {
        List<PortConfig> ports = new java.util.ArrayList<>();
        if (hostPort != 0) {
            ports.add(new PortConfig(null, PortConfig.Protocol.TCP, 80L, (long) hostPort, PortConfig.PublishMode.HOST));
        }
        if (ingressPort != 0) {
            ports.add(new PortConfig(
                    null, PortConfig.Protocol.TCP, 81L, (long) ingressPort, PortConfig.PublishMode.INGRESS));
        }
        return new EndpointSpec(null, ports);
    }
}
