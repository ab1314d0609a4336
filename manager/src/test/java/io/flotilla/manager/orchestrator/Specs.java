package io.flotilla.manager.orchestrator;

import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.GenericResource;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.PlacementBuilder;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.ServiceSpec;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** Services that need something of their node. */
public final class Specs {
    private Specs() {}

    public static ServiceSpec placed(ServiceSpec spec, UnaryOperator<PlacementBuilder> placement) {
        Placement built = placement
                .apply(PlacementBuilder.builder()
                        .constraints(List.of())
                        .preferences(List.of())
                        .platforms(List.of()))
                .build();
        return spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate()).withPlacement(built));
    }

    public static ServiceSpec reserving(ServiceSpec spec, long nanoCpus, long memoryBytes) {
        return spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                .withResources(new ResourceRequirements(
                        null, new ResourceObject(nanoCpus, memoryBytes, List.of()), null, null)));
    }

    public static ServiceSpec hostPort(ServiceSpec spec, long port) {
        return spec.withEndpointSpec(new EndpointSpec(
                null, List.of(new PortConfig(null, PortConfig.Protocol.TCP, 80L, port, PortConfig.PublishMode.HOST))));
    }

    public static ServiceSpec prioritized(ServiceSpec spec, int priority) {
        return spec.withLabels(Map.of("flotilla.priority", String.valueOf(priority)));
    }

    /** @param kind of which each task wants a number */
    public static ServiceSpec wanting(ServiceSpec spec, String kind, long count) {
        GenericResource some = new GenericResource(null, new GenericResource.Discrete(kind, count));
        return spec.withTaskTemplate(Objects.requireNonNull(spec.taskTemplate())
                .withResources(
                        new ResourceRequirements(null, new ResourceObject(null, null, List.of(some)), null, null)));
    }
}
