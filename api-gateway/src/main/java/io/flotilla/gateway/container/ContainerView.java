package io.flotilla.gateway.container;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.ContainerInspectResponse;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.ContainerSummary;
import io.flotilla.bus.schema.ContainerSummaryBuilder;
import io.flotilla.bus.schema.NetworkSettings;
import io.flotilla.bus.schema.PortBinding;
import io.flotilla.bus.schema.PortSummary;
import io.flotilla.gateway.view.ClusterImage;
import io.flotilla.gateway.view.Endpoints;
import io.flotilla.gateway.view.Links;
import io.flotilla.gateway.view.Lookup;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Containers as clients see them. */
public final class ContainerView {
    private static final List<String> HOST_LISTS = List.of(
            "Binds",
            "CapAdd",
            "CapDrop",
            "DeviceCgroupRules",
            "DeviceRequests",
            "ExtraHosts",
            "GroupAdd",
            "Links",
            "SecurityOpt",
            "VolumesFrom");
    private static final List<String> CONFIG_LISTS = List.of("OnBuild", "Volumes");
    private static final List<String> ENDPOINT_LISTS = List.of("Aliases", "DNSNames", "DriverOpts", "Links");
    private static final Set<String> NULLS_OF_HOST = Stream.concat(
                    HOST_LISTS.stream(), Stream.of("MemorySwappiness", "OomKillDisable", "PidsLimit"))
            .collect(Collectors.toUnmodifiableSet());
    private static final Set<String> NULLS_OF_CONFIG = Set.of("Cmd", "Entrypoint", "OnBuild", "Volumes");

    private ContainerView() {}

    /** @param execIds of its processes that were executed in it */
    static ObjectNode inspect(Container container, ClusterImage image, List<String> execIds) {
        ObjectNode json = Codec.JSON.mapper().valueToTree(container.inspect());
        if (json.path("NetworkSettings") instanceof ObjectNode settings) {
            settings.set("Networks", Codec.JSON.mapper().valueToTree(Endpoints.of(container, image)));
            GoNothing.nullAllEmpty(settings.path("Ports"));
            settings.path("Networks").forEach(endpoint -> GoNothing.nullEmpty(endpoint, ENDPOINT_LISTS));
        }
        if (json.path("HostConfig") instanceof ObjectNode host) {
            host.set("Links", Codec.JSON.mapper().valueToTree(Links.shown(container, image)));
            GoNothing.nullEmpty(host, HOST_LISTS);
            withoutDefaults(host);
        }
        GoNothing.nullEmpty(json.path("Config"), CONFIG_LISTS);
        json.put("Id", container.id());
        json.put("Name", Lookup.nameOf(container));
        json.set("ExecIDs", Codec.JSON.mapper().valueToTree(execIds));
        GoNothing.nullEmpty(json, List.of("ExecIDs"));
        GoNothing.omitNulls(json, Set.of("ExecIDs"));
        GoNothing.omitNulls(json.path("State"), Set.of());
        GoNothing.omitNulls(json.path("HostConfig"), NULLS_OF_HOST);
        GoNothing.omitNulls(json.path("Config"), NULLS_OF_CONFIG);
        return json;
    }

    // as dockerd, which takes a client's word for the default as nothing said
    private static void withoutDefaults(ObjectNode host) {
        if (host.path("MemorySwappiness").asLong() == -1) {
            host.putNull("MemorySwappiness");
        }
        if (host.path("PidsLimit").asLong() <= 0) {
            host.putNull("PidsLimit");
        }
    }

    /** An element of GET /containers/json. @param linked its further names @param now the status text counts up to */
    public static ContainerSummary summary(Container container, ClusterImage image, List<String> linked, Instant now) {
        ContainerInspectResponse inspect = container.inspect();
        ContainerConfig config = inspect.config();
        NetworkSettings network = inspect.networkSettings();
        return ContainerSummaryBuilder.builder()
                .id(container.id())
                .names(names(container, linked))
                .image(config == null ? "" : Objects.requireNonNullElse(config.image(), ""))
                .imageId(inspect.image())
                .command(command(inspect))
                .created(Objects.requireNonNullElse(inspect.created(), container.createdAt())
                        .getEpochSecond())
                .ports(network == null ? List.of() : ports(network.ports()))
                .labels(config == null ? Map.of() : config.labels())
                .state(status(container))
                .status(StatusText.of(inspect.state()).at(now))
                .hostConfig(new ContainerSummary.HostConfig(
                        inspect.hostConfig() == null
                                ? "default"
                                : inspect.hostConfig().networkMode(),
                        Map.of()))
                .networkSettings(new ContainerSummary.NetworkSettings(Endpoints.of(container, image)))
                .mounts(inspect.mounts())
                .build();
    }

    private static List<String> names(Container container, List<String> linked) {
        List<String> names = new ArrayList<>(linked);
        names.addFirst(Lookup.nameOf(container));
        return names;
    }

    private static String command(ContainerInspectResponse inspect) {
        String path = Objects.requireNonNullElse(inspect.path(), "");
        if (inspect.args().isEmpty()) {
            return path;
        }
        return path + " "
                + inspect.args().stream()
                        .map(argument -> argument.contains(" ") ? "'" + argument + "'" : argument)
                        .collect(Collectors.joining(" "));
    }

    static List<PortSummary> ports(Map<String, List<PortBinding>> ports) {
        List<PortSummary> summaries = new ArrayList<>();
        ports.forEach((port, bindings) -> {
            String[] parts = port.split("/", 2);
            int privatePort = Integer.parseInt(parts[0]);
            String type = parts.length > 1 ? parts[1] : "tcp";
            if (bindings == null || bindings.isEmpty()) {
                summaries.add(new PortSummary(null, privatePort, null, type));
            } else {
                bindings.forEach(binding -> summaries.add(
                        new PortSummary(binding.hostIp(), privatePort, number(binding.hostPort()), type)));
            }
        });
        return summaries;
    }

    private static @Nullable Integer number(@Nullable String port) {
        return port == null || port.isEmpty() ? null : Integer.valueOf(port);
    }

    static String status(Container container) {
        ContainerState state = container.inspect().state();
        return state == null || state.status() == null ? "created" : state.status();
    }

    static boolean running(Container container) {
        ContainerState state = container.inspect().state();
        return state != null && Boolean.TRUE.equals(state.running());
    }

    static long exitCode(Container container) {
        ContainerState state = container.inspect().state();
        return state == null ? 0 : Objects.requireNonNullElse(state.exitCode(), 0L);
    }

    /** Empty before the first exit. */
    static String finishedAt(ContainerState state) {
        return StatusText.unset(state.finishedAt()) ? "" : String.valueOf(state.finishedAt());
    }

    public static boolean paused(Container container) {
        ContainerState state = container.inspect().state();
        return state != null && Boolean.TRUE.equals(state.paused());
    }

    static boolean hasTerminal(Container container) {
        ContainerConfig config = container.inspect().config();
        return config != null && Boolean.TRUE.equals(config.tty());
    }
}
