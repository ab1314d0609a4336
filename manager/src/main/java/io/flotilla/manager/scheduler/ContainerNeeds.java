package io.flotilla.manager.scheduler;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Refusal;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.Image;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.NodeVolume;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.PortBinding;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.ContainerNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a container of no service needs of a node.
 *
 * @param companions nodes of the containers it shares something with: all the same one, or it fits nowhere
 * @param volumes for each volume that is somewhere already, the nodes that have it
 * @param hostPorts that must be free
 * @param memoryBytes reserved; 0: nothing
 */
record ContainerNeeds(
        List<ContainerConstraint> constraints,
        Set<String> companions,
        List<Set<String>> volumes,
        List<Platform> platforms,
        List<Requirements.HostPort> hostPorts,
        long memoryBytes) {
    private static final String ENVIRONMENT = "constraint:";
    private static final String LABEL = "com.docker.swarm.constraints";
    private static final String CONTAINER_MODE = "container:";

    /** Why the request tells no needs; empty when it does. */
    static Optional<Refusal> unclear(ContainerRequest request) {
        Optional<List<String>> labelled = labelled(request);
        if (labelled.isEmpty()) {
            return Optional.of(Refusal.invalid("invalid label " + LABEL + ": expected a JSON list of strings"));
        }
        return expressions(request, labelled.get())
                .filter(expression -> ContainerConstraint.parse(expression).isEmpty())
                .map(expression -> Refusal.invalid("invalid constraint \"" + expression
                        + "\": expected key==value or key!=value, * standing for any characters"))
                .findFirst();
    }

    /** What the request says of containers that are not there; empty when all are. */
    static Optional<Refusal> unmet(ClusterState state, ContainerRequest request) {
        return unknown(state, sources(request.hostConfig()), name -> "No such container: " + name)
                // not "not found": the client would take it for the image (moby issue 39823)
                .or(() -> unknown(
                        state,
                        linked(request.hostConfig()),
                        name -> "could not get container for " + name + ": No such container: " + name));
    }

    /** Of a request that is neither {@link #unclear} nor {@link #unmet}. */
    static ContainerNeeds of(ClusterState state, ContainerRequest request, Image image) {
        HostConfig host = request.hostConfig();
        List<String> labelled = labelled(request).orElse(List.of());
        return new ContainerNeeds(
                expressions(request, labelled)
                        .flatMap(expression -> ContainerConstraint.parse(expression).stream())
                        .toList(),
                companions(state, host),
                volumes(state, host),
                platforms(image),
                hostPorts(host),
                Objects.requireNonNullElse(host.memoryReservation(), 0L));
    }

    private static Stream<String> expressions(ContainerRequest request, List<String> labelled) {
        Stream<String> environment = request.config().env().stream()
                .filter(variable -> variable != null && variable.startsWith(ENVIRONMENT))
                .map(variable -> variable.substring(ENVIRONMENT.length()));
        return Stream.concat(environment, labelled.stream());
    }

    /** Empty: the label is not what it should be. */
    private static Optional<List<String>> labelled(ContainerRequest request) {
        String json = request.config().labels().get(LABEL);
        if (json == null || json.isEmpty()) {
            return Optional.of(List.of());
        }
        try {
            String[] expressions = Codec.JSON.mapper().readValue(json, String[].class);
            return expressions == null || Arrays.asList(expressions).contains(null)
                    ? Optional.empty()
                    : Optional.of(List.of(expressions));
        } catch (JsonProcessingException notStrings) {
            return Optional.empty();
        }
    }

    private static Stream<String> sources(HostConfig host) {
        return host.volumesFrom().stream().map(from -> before(from, ':'));
    }

    private static Stream<String> linked(HostConfig host) {
        return host.links().stream().map(link -> before(link, ':'));
    }

    private static Optional<Refusal> unknown(ClusterState state, Stream<String> names, UnaryOperator<String> wording) {
        return names.filter(name -> ContainerNames.resolve(state, name).isEmpty())
                .map(name -> Refusal.invalid(wording.apply(name)))
                .findFirst();
    }

    private static Set<String> companions(ClusterState state, HostConfig host) {
        // of a mode's container Docker only asks when it is started
        Stream<String> joined = Stream.of(host.networkMode(), host.ipcMode(), host.pidMode())
                .filter(mode -> mode != null && mode.startsWith(CONTAINER_MODE))
                .map(mode -> mode.substring(CONTAINER_MODE.length()));
        return Stream.of(sources(host), linked(host), joined)
                .flatMap(names -> names)
                .flatMap(name -> ContainerNames.resolve(state, name).stream())
                .map(Container::nodeId)
                .collect(Collectors.toSet());
    }

    private static List<Set<String>> volumes(ClusterState state, HostConfig host) {
        Stream<String> bound = host.binds().stream()
                .filter(bind -> !bind.startsWith("/") && bind.indexOf(':') > 0)
                .map(bind -> before(bind, ':'));
        Stream<String> mounted = host.mounts().stream()
                .filter(mount -> mount.type() == null || mount.type() == Mount.MountType.VOLUME)
                .map(mount -> Objects.requireNonNullElse(mount.source(), ""));
        return Stream.concat(bound, mounted)
                .distinct()
                .map(state::volumesNamed)
                .filter(volumes -> !volumes.isEmpty())
                // one that every node sees pins nothing
                .filter(volumes -> volumes.stream()
                        .noneMatch(volume -> "global".equals(volume.volume().scope())))
                .map(volumes -> volumes.stream().map(NodeVolume::nodeId).collect(Collectors.toSet()))
                .toList();
    }

    private static String before(String text, char separator) {
        int at = text.indexOf(separator);
        return at < 0 ? text : text.substring(0, at);
    }

    private static List<Platform> platforms(Image image) {
        String architecture = image.config().path("architecture").asText("");
        String os = image.config().path("os").asText("");
        return architecture.isEmpty() && os.isEmpty() ? List.of() : List.of(new Platform(architecture, os));
    }

    private static List<Requirements.HostPort> hostPorts(HostConfig host) {
        List<Requirements.HostPort> ports = new ArrayList<>();
        for (Map.Entry<String, List<PortBinding>> bound : host.portBindings().entrySet()) {
            int slash = bound.getKey().indexOf('/');
            String protocol = slash < 0 ? "tcp" : bound.getKey().substring(slash + 1);
            for (PortBinding binding : Objects.requireNonNullElse(bound.getValue(), List.<PortBinding>of())) {
                port(protocol, binding).forEach(ports::add);
            }
        }
        return ports;
    }

    /** One; none of one that is left to the node, or a range, where any will do. */
    private static Stream<Requirements.HostPort> port(String protocol, @Nullable PortBinding binding) {
        String digits = binding == null ? "" : Objects.requireNonNullElse(binding.hostPort(), "");
        if (!digits.matches("[1-9][0-9]{0,4}")) {
            return Stream.empty();
        }
        return Stream.of(PortConfig.Protocol.values())
                .filter(known -> known.name().equals(protocol.toUpperCase(Locale.ROOT)))
                .map(known -> new Requirements.HostPort(known, Long.parseLong(digits)));
    }

    /** Those a container holds while it is there, whether it runs or not. */
    static List<Requirements.HostPort> hostPorts(@Nullable ContainerRequest request) {
        return request == null ? List.of() : hostPorts(request.hostConfig());
    }
}
