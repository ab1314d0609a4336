package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.TaskSpec;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the tasks of one revision need of a node.
 *
 * @param nanoCpus reserved, in billionths of a processor
 * @param genericResources whether it reserves any: no node has some to give yet
 * @param spreadBy label descriptors to spread over, the most important first
 * @param maxReplicas of the service on one node; 0: any number
 */
record Requirements(
        long nanoCpus,
        long memoryBytes,
        boolean genericResources,
        List<Constraint> constraints,
        List<Platform> platforms,
        List<HostPort> hostPorts,
        List<String> spreadBy,
        long maxReplicas) {
    static final Requirements NONE = new Requirements(0, 0, false, List.of(), List.of(), List.of(), List.of(), 0);

    /** A port of the node itself. */
    record HostPort(PortConfig.Protocol protocol, long port) {}

    static Requirements of(SpecRevision revision) {
        TaskSpec spec = revision.spec();
        Optional<ResourceObject> reserved =
                Optional.ofNullable(spec.resources()).map(ResourceRequirements::reservations);
        Optional<Placement> placement = Optional.ofNullable(spec.placement());
        return new Requirements(
                reserved.map(ResourceObject::nanoCpus).orElse(0L),
                reserved.map(ResourceObject::memoryBytes).orElse(0L),
                reserved.map(resources -> !resources.genericResources().isEmpty())
                        .orElse(false),
                Constraint.of(spec),
                placement.map(Placement::platforms).orElse(List.of()),
                hostPorts(revision.endpointSpec()),
                placement.map(Placement::preferences).orElse(List.of()).stream()
                        .map(Placement.Preference::spread)
                        .filter(Objects::nonNull)
                        .map(spread -> Objects.requireNonNullElse(spread.spreadDescriptor(), ""))
                        .filter(descriptor -> !descriptor.isEmpty())
                        .toList(),
                placement.map(Placement::maxReplicas).orElse(0L));
    }

    private static List<HostPort> hostPorts(@Nullable EndpointSpec spec) {
        return spec == null
                ? List.of()
                : spec.ports().stream()
                        .filter(port -> port.publishMode() == PortConfig.PublishMode.HOST)
                        .filter(port -> Objects.requireNonNullElse(port.publishedPort(), 0L) != 0)
                        .map(port -> new HostPort(
                                Objects.requireNonNullElse(port.protocol(), PortConfig.Protocol.TCP),
                                Objects.requireNonNull(port.publishedPort())))
                        .distinct()
                        .toList();
    }

    boolean reservesAnything() {
        return nanoCpus > 0 || memoryBytes > 0 || genericResources;
    }
}
