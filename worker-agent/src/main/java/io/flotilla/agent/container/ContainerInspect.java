package io.flotilla.agent.container;

import io.flotilla.agent.network.Attachment;
import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.runtime.Exit;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.bus.schema.ContainerInspectResponse;
import io.flotilla.bus.schema.ContainerInspectResponseBuilder;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.ContainerStateBuilder;
import io.flotilla.bus.schema.DriverData;
import io.flotilla.bus.schema.EndpointSettings;
import io.flotilla.bus.schema.EndpointSettingsBuilder;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.NetworkSettings;
import io.flotilla.bus.schema.PortBinding;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What docker inspect and docker ps show of a container, from its record alone. */
public final class ContainerInspect {
    private static final String ZERO_TIME = "0001-01-01T00:00:00Z";

    private ContainerInspect() {}

    /** Without its execs: they come and go faster than containers are reported, and their node is asked for them. */
    public static ContainerInspectResponse of(ContainerRecord container) {
        List<String> args = container.spec().process().args();
        return ContainerInspectResponseBuilder.builder()
                .id(container.id())
                .created(container.created())
                .path(args.getFirst())
                .args(args.subList(1, args.size()))
                .state(state(container))
                .image(container.imageId())
                .resolvConfPath(container.resolvConfFile().toString())
                .hostnamePath(container.hostnameFile().toString())
                .hostsPath(container.hostsFile().toString())
                .logPath(logless(container) ? "" : container.logFile().toString())
                .name("/" + container.name())
                .restartCount((long) container.restartCount())
                .driver("overlay2")
                .platform("linux")
                .mountLabel("")
                .processLabel("")
                .appArmorProfile(
                        Objects.requireNonNullElse(container.spec().process().apparmorProfile(), ""))
                .hostConfig(container.hostConfig())
                .graphDriver(graphDriver(container.spec().root()))
                .mounts(container.mounts())
                .config(container.config())
                .networkSettings(networkSettings(container))
                .build();
    }

    private static boolean logless(ContainerRecord container) {
        HostConfig.LogConfig config = container.hostConfig().logConfig();
        return config != null && "none".equals(config.type());
    }

    private static ContainerState state(ContainerRecord container) {
        Exit exit = container.exit();
        RunningProcess process = container.process();
        boolean running = container.running();
        return ContainerStateBuilder.builder()
                .status(status(container))
                // as Docker has it: one that waits for its restart counts as running
                .running(running || container.restarting())
                .paused(container.paused())
                .restarting(container.restarting())
                .oomKilled(exit != null && exit.oomKilled())
                .dead(false)
                .pid(running && process != null ? (Long) (long) process.pid() : (Long) 0L)
                .exitCode(exit == null ? (Long) 0L : (Long) (long) exit.exitCode())
                .error(container.error())
                .startedAt(time(container.startedAt()))
                .finishedAt(time(exit == null || container.startedAt() == null ? null : exit.finishedAt()))
                .health(container.health())
                .build();
    }

    /** Docker's word for the state. */
    public static String status(ContainerRecord container) {
        if (container.restarting()) {
            return "restarting";
        }
        if (container.running()) {
            return container.paused() ? "paused" : "running";
        }
        // one that could not be started stays created
        return container.exit() != null && container.startedAt() != null ? "exited" : "created";
    }

    private static String time(@Nullable Instant instant) {
        return instant == null ? ZERO_TIME : instant.toString();
    }

    private static DriverData graphDriver(RuntimeSpec.Root root) {
        Map<String, String> data = new LinkedHashMap<>();
        data.put("LowerDir", root.lower().stream().map(Path::toString).collect(Collectors.joining(":")));
        data.put("UpperDir", root.upper().toString());
        data.put("WorkDir", root.work().toString());
        return new DriverData("overlay2", data);
    }

    private static NetworkSettings networkSettings(ContainerRecord container) {
        // a container that does not run has no addresses and no ports, as in Docker
        Attachment attachment = container.running() ? container.attachment() : null;
        return new NetworkSettings(
                container.id(),
                attachment == null ? "" : attachment.namespace().toString(),
                ports(container, attachment),
                container.network() == NetworkKind.CONTAINER
                        ? Map.of()
                        : Map.of(container.network().networkName(), endpoint(container, attachment)));
    }

    private static Map<String, List<PortBinding>> ports(ContainerRecord container, @Nullable Attachment attachment) {
        Map<String, List<PortBinding>> ports = new LinkedHashMap<>();
        if (attachment == null) {
            return ports;
        }
        // an exposed port that is not published: null in Docker's JSON, an empty list in ours
        container.config().exposedPorts().keySet().forEach(port -> ports.put(port, List.of()));
        for (PortMapping mapping : attachment.ports()) {
            List<PortBinding> bindings =
                    new ArrayList<>(Objects.requireNonNullElse(ports.get(PortRules.key(mapping)), List.of()));
            String address = mapping.hostAddress().isEmpty() ? "0.0.0.0" : mapping.hostAddress();
            bindings.add(new PortBinding(address, Integer.toString(mapping.hostPort())));
            ports.put(PortRules.key(mapping), List.copyOf(bindings));
        }
        return ports;
    }

    private static EndpointSettings endpoint(ContainerRecord container, @Nullable Attachment attachment) {
        boolean addressed = attachment != null && attachment.address() != null;
        int prefixLength = attachment == null || !addressed ? 0 : attachment.prefixLength();
        return EndpointSettingsBuilder.builder()
                .macAddress(attachment == null ? "" : attachment.macAddress())
                .gwPriority(0L)
                .networkId("")
                .endpointId(addressed ? container.id() : "")
                .gateway(
                        attachment == null || attachment.gateway() == null
                                ? ""
                                : attachment.gateway().getHostAddress())
                .ipAddress(
                        attachment == null || attachment.address() == null
                                ? ""
                                : attachment.address().getHostAddress())
                .ipPrefixLen((long) prefixLength)
                .ipv6Gateway("")
                .globalIPv6Address("")
                .globalIPv6PrefixLen(0L)
                .build();
    }
}
