package io.flotilla.manager.scheduler;

import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.EndpointSpec;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.Placement;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.manager.state.ClusterState;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the tasks of one revision need of a node.
 *
 * @param nanoCpus reserved, in billionths of a processor
 * @param generic how many of each kind of generic resource are reserved
 * @param plugins drivers of its volumes, networks and log
 * @param spreadBy label descriptors to spread over, the most important first
 * @param maxReplicas of the service on one node; 0: any number
 * @param volumes mounts of type cluster
 * @param image reference its containers are made from; null for none
 */
@RecordBuilder
record Requirements(
        long nanoCpus,
        long memoryBytes,
        Map<String, Long> generic,
        List<Plugin> plugins,
        List<Constraint> constraints,
        List<Platform> platforms,
        List<HostPort> hostPorts,
        List<String> spreadBy,
        long maxReplicas,
        List<ClusterMount> volumes,
        @Nullable String image)
        implements RequirementsBuilder.With {
    static final Requirements NONE =
            new Requirements(0, 0, Map.of(), List.of(), List.of(), List.of(), List.of(), List.of(), 0, List.of(), null);

    /** A port of the node itself. */
    record HostPort(PortConfig.Protocol protocol, long port) {
        /** As in {@code docker ps}: 8080/tcp. */
        @Override
        public String toString() {
            return port + "/" + protocol.name().toLowerCase(Locale.ROOT);
        }
    }

    /** A mount of a cluster volume. @param source the volume's name, or group: and a group @param target path in the container */
    record ClusterMount(String source, String target, boolean readOnly) {}

    /** @param type as nodes report it: Volume, Network, Log */
    record Plugin(String type, String name) {}

    static Requirements of(ClusterState state, SpecRevision revision) {
        TaskSpec spec = revision.spec();
        Optional<ResourceObject> reserved =
                Optional.ofNullable(spec.resources()).map(ResourceRequirements::reservations);
        Optional<Placement> placement = Optional.ofNullable(spec.placement());
        return new Requirements(
                reserved.map(ResourceObject::nanoCpus).orElse(0L),
                reserved.map(ResourceObject::memoryBytes).orElse(0L),
                GenericStock.wanted(
                        reserved.map(ResourceObject::genericResources).orElse(List.of())),
                plugins(state, spec),
                Constraint.of(spec),
                placement.map(Placement::platforms).orElse(List.of()),
                hostPorts(revision.endpointSpec()),
                SpreadTree.known(placement.map(Placement::preferences).orElse(List.of()).stream()
                        .map(Placement.Preference::spread)
                        .filter(Objects::nonNull)
                        .map(spread -> Objects.requireNonNullElse(spread.spreadDescriptor(), ""))
                        .toList()),
                placement.map(Placement::maxReplicas).orElse(0L),
                volumes(spec),
                Optional.ofNullable(spec.containerSpec())
                        .map(ContainerSpec::image)
                        .orElse(null));
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

    private static List<ClusterMount> volumes(TaskSpec spec) {
        return Stream.ofNullable(spec.containerSpec())
                .flatMap(container -> container.mounts().stream())
                .filter(mount -> mount.type() == Mount.MountType.CLUSTER)
                .map(mount -> new ClusterMount(
                        Objects.requireNonNullElse(mount.source(), ""),
                        Objects.requireNonNullElse(mount.target(), ""),
                        Boolean.TRUE.equals(mount.readOnly())))
                .toList();
    }

    /** As SwarmKit's plugin filter looks for them: a volume's only when its mount names one. */
    private static List<Plugin> plugins(ClusterState state, TaskSpec spec) {
        Stream<String> volumes = Stream.ofNullable(spec.containerSpec())
                .flatMap(container -> container.mounts().stream())
                .filter(mount -> mount.type() == Mount.MountType.VOLUME && mount.volumeOptions() != null)
                .flatMap(mount -> Stream.ofNullable(mount.volumeOptions().driverConfig()))
                .flatMap(driver -> Stream.ofNullable(driver.name()));
        Stream<String> networks = spec.networks().stream()
                .flatMap(attachment -> Stream.ofNullable(attachment.target()))
                .flatMap(target -> state.networks().stream()
                        .filter(network ->
                                network.id().equals(target) || network.name().equals(target))
                        .limit(1))
                .flatMap(network -> Stream.ofNullable(network.driver()));
        Stream<String> logs = Stream.ofNullable(spec.logDriver())
                .flatMap(driver -> Stream.ofNullable(driver.name()))
                .filter(name -> !name.equals("none"));
        return Stream.of(of("Volume", volumes), of("Network", networks), of("Log", logs))
                .flatMap(plugins -> plugins)
                .distinct()
                .toList();
    }

    private static Stream<Plugin> of(String type, Stream<String> names) {
        return names.filter(name -> !name.isEmpty()).map(name -> new Plugin(type, name));
    }

    boolean reservesAnything() {
        return nanoCpus > 0 || memoryBytes > 0 || !generic.isEmpty();
    }
}
