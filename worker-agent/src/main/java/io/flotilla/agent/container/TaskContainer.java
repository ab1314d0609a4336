package io.flotilla.agent.container;

import io.flotilla.agent.network.Protocol;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.DeviceMapping;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.Limit;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountBuilder;
import io.flotilla.bus.schema.NetworkAttachmentConfig;
import io.flotilla.bus.schema.PortBinding;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ResourceRequirements;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A task as the container dockerd would be asked for, as SwarmKit translates it: from there on a task's container is planned
 * as any other. Pure.
 *
 * @param stopGraceMs of the service, which knows less than seconds; 0 where it names none
 */
public record TaskContainer(ContainerRequest request, long stopGraceMs) {

    /**
     * @param volumes the task's cluster volumes
     * @throws PlanRefused for what no container can be made of, in the words {@code docker service ps} shows
     */
    public static TaskContainer of(RunTask task, NodeIdentity node, List<ClusterMount> volumes) throws PlanRefused {
        ContainerSpec spec =
                Objects.requireNonNullElseGet(task.spec().containerSpec(), () -> ContainerSpecBuilder.builder()
                        .build());
        refuseUnsupported(spec);
        Templates templates = new Templates(task, node);
        ContainerRequest request = new ContainerRequest(
                task.name(),
                config(task, spec, templates, node),
                hostConfig(task, spec, templates, volumes),
                Map.of(),
                task.image());
        return new TaskContainer(request, spec.stopGracePeriod() == null ? 0 : spec.stopGracePeriod() / 1_000_000);
    }

    private static void refuseUnsupported(ContainerSpec spec) throws PlanRefused {
        ContainerSpec.Privileges privileges = spec.privileges();
        if (privileges != null && privileges.credentialSpec() != null) {
            throw new PlanRefused("Privileges.CredentialSpec is for Windows only");
        }
    }

    private static ContainerConfig config(RunTask task, ContainerSpec spec, Templates templates, NodeIdentity node)
            throws PlanRefused {
        List<String> env = new ArrayList<>();
        for (String entry : spec.env()) {
            env.add(templates.expand(entry));
        }
        Map<String, String> labels = new LinkedHashMap<>(spec.labels());
        labels.put("com.docker.swarm.node.id", node.id());
        labels.put("com.docker.swarm.service.id", task.serviceId());
        labels.put("com.docker.swarm.service.name", task.serviceName());
        labels.put("com.docker.swarm.task", "");
        labels.put("com.docker.swarm.task.id", task.id());
        labels.put("com.docker.swarm.task.name", task.name());
        return ContainerConfigBuilder.builder()
                .hostname(spec.hostname() == null ? null : templates.expand(spec.hostname()))
                .user(spec.user())
                .exposedPorts(exposed(task))
                .tty(spec.tty())
                .openStdin(spec.openStdin())
                .env(env)
                .entrypoint(spec.command().isEmpty() ? null : spec.command())
                .cmd(spec.args().isEmpty() ? null : spec.args())
                .healthcheck(spec.healthCheck())
                .image(spec.image())
                .workingDir(spec.dir())
                .labels(labels)
                .stopSignal(spec.stopSignal())
                .build();
    }

    private static Map<String, Map<String, Object>> exposed(RunTask task) {
        Map<String, Map<String, Object>> exposed = new LinkedHashMap<>();
        for (PortConfig port : task.ports()) {
            exposed.put(key(port), new HashMap<>());
        }
        return exposed;
    }

    private static HostConfig hostConfig(
            RunTask task, ContainerSpec spec, Templates templates, List<ClusterMount> volumes) throws PlanRefused {
        var driver = task.spec().logDriver();
        ContainerSpec.DnsConfig dns = spec.dnsConfig();
        List<HostConfig.Ulimit> ulimits = new ArrayList<>();
        for (ContainerSpec.Ulimit ulimit : spec.ulimits()) {
            ulimits.add(new HostConfig.Ulimit(ulimit.name(), ulimit.soft(), ulimit.hard()));
        }
        HostConfigBuilder builder = HostConfigBuilder.builder()
                .ulimits(ulimits)
                .logConfig(
                        driver == null || driver.name() == null
                                ? null
                                : new HostConfig.LogConfig(driver.name(), driver.options()))
                .networkMode(networkMode(task.spec().networks()))
                .portBindings(bindings(task))
                .mounts(mounts(spec, templates, volumes))
                .devices(devices(spec, templates, volumes))
                .capAdd(spec.capabilityAdd())
                .capDrop(spec.capabilityDrop())
                .extraHosts(extraHosts(spec.hosts()))
                .groupAdd(spec.groups())
                .oomScoreAdj(spec.oomScoreAdj())
                .readonlyRootfs(spec.readOnly())
                .securityOpt(securityOptions(spec.privileges()))
                .sysctls(spec.sysctls())
                .isolation(
                        spec.isolation() == null
                                ? null
                                : spec.isolation().name().toLowerCase(Locale.ROOT))
                .init(spec.init());
        if (dns != null) {
            builder.dns(dns.nameservers()).dnsSearch(dns.search()).dnsOptions(dns.options());
        }
        limit(builder, task.spec().resources());
        return builder.build();
    }

    private static void limit(HostConfigBuilder builder, @Nullable ResourceRequirements wanted) throws PlanRefused {
        if (wanted == null) {
            return;
        }
        Limit limits = wanted.limits();
        ResourceObject reservations = wanted.reservations();
        Long memory = limits == null ? null : limits.memoryBytes();
        builder.memory(memory)
                .memorySwap(memorySwap(memory, wanted.swapBytes()))
                .memorySwappiness(wanted.memorySwappiness());
        if (limits != null) {
            builder.nanoCpus(limits.nanoCpus()).pidsLimit(limits.pids());
        }
        if (reservations != null) {
            builder.memoryReservation(reservations.memoryBytes());
        }
    }

    /** Docker's MemorySwap is memory and swap together. */
    private static @Nullable Long memorySwap(@Nullable Long memory, @Nullable Long swapBytes) {
        if (memory == null || memory <= 0 || swapBytes == null) {
            return null;
        }
        return swapBytes < 0 ? (Long) (-1L) : (Long) (memory + swapBytes);
    }

    private static String networkMode(List<NetworkAttachmentConfig> wanted) {
        for (NetworkAttachmentConfig network : wanted) {
            String target = Objects.requireNonNullElse(network.target(), "");
            if (target.equals("host") || target.equals("none")) {
                return target;
            }
        }
        return "default";
    }

    private static Map<String, List<PortBinding>> bindings(RunTask task) {
        Map<String, List<PortBinding>> bindings = new LinkedHashMap<>();
        for (PortConfig port : task.ports()) {
            if (port.publishMode() == PortConfig.PublishMode.HOST) {
                int published = Ports.number(port.publishedPort());
                bindings.computeIfAbsent(key(port), key -> new ArrayList<>())
                        .add(new PortBinding("", published == 0 ? "" : Integer.toString(published)));
            }
        }
        return bindings;
    }

    /** A cluster volume becomes a bind of where it is on this host, as in dockerd. */
    private static List<Mount> mounts(ContainerSpec spec, Templates templates, List<ClusterMount> volumes)
            throws PlanRefused {
        List<Mount> mounts = new ArrayList<>();
        for (Mount mount : spec.mounts()) {
            if (mount.type() == Mount.MountType.CLUSTER) {
                ClusterMount volume = volume(mount, volumes);
                if (!volume.block()) {
                    mounts.add(MountBuilder.builder()
                            .type(Mount.MountType.BIND)
                            .source(volume.path().toString())
                            .target(templates.expand(volume.target()))
                            .readOnly(mount.readOnly())
                            .build());
                }
                continue;
            }
            String source = mount.source() == null ? null : templates.expand(mount.source());
            String target = mount.target() == null ? null : templates.expand(mount.target());
            mounts.add(mount.withSource(source).withTarget(target));
        }
        return mounts;
    }

    /** A cluster volume that is a block device is one in the container too, which may use it. */
    private static List<DeviceMapping> devices(ContainerSpec spec, Templates templates, List<ClusterMount> volumes)
            throws PlanRefused {
        List<DeviceMapping> devices = new ArrayList<>();
        for (Mount mount : spec.mounts()) {
            if (mount.type() == Mount.MountType.CLUSTER
                    && volume(mount, volumes).block()) {
                devices.add(new DeviceMapping(
                        volume(mount, volumes).path().toString(),
                        templates.expand(Objects.requireNonNullElse(mount.target(), "")),
                        Boolean.TRUE.equals(mount.readOnly()) ? "r" : "rw"));
            }
        }
        return devices;
    }

    private static ClusterMount volume(Mount mount, List<ClusterMount> volumes) throws PlanRefused {
        return volumes.stream()
                .filter(volume -> volume.source().equals(mount.source())
                        && volume.target().equals(mount.target()))
                .findFirst()
                .orElseThrow(() ->
                        new PlanRefused("the managers gave the task no volume for its mount of " + mount.source()));
    }

    /** Swarm keeps extra hosts as lines of hosts(5), "address name alias"; docker run as "name:address". */
    private static List<String> extraHosts(List<String> hosts) {
        List<String> entries = new ArrayList<>();
        for (String line : hosts) {
            String[] words = line.strip().split("\\s+");
            for (int i = 1; i < words.length; i++) {
                entries.add(words[i] + ":" + words[0]);
            }
        }
        return entries;
    }

    private static List<String> securityOptions(ContainerSpec.@Nullable Privileges privileges) throws PlanRefused {
        List<String> options = new ArrayList<>();
        if (privileges == null) {
            return options;
        }
        if (Boolean.TRUE.equals(privileges.noNewPrivileges())) {
            options.add("no-new-privileges=true");
        }
        ContainerSpec.Privileges.Seccomp seccomp = privileges.seccomp();
        if (seccomp != null && seccomp.mode() != null) {
            switch (seccomp.mode()) {
                case DEFAULT -> {}
                case UNCONFINED -> options.add("seccomp=unconfined");
                case CUSTOM -> options.add("seccomp=" + profile(seccomp.profile()));
            }
        }
        ContainerSpec.Privileges.AppArmor appArmor = privileges.appArmor();
        if (appArmor != null && appArmor.mode() == ContainerSpec.Privileges.AppArmor.Mode.DISABLED) {
            options.add("apparmor=unconfined");
        }
        ContainerSpec.Privileges.SeLinuxContext label = privileges.seLinuxContext();
        if (label != null) {
            if (Boolean.TRUE.equals(label.disable())) {
                options.add("label=disable");
            }
            add(options, "label=user:", label.user());
            add(options, "label=role:", label.role());
            add(options, "label=type:", label.type());
            add(options, "label=level:", label.level());
        }
        return options;
    }

    private static void add(List<String> options, String prefix, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            options.add(prefix + value);
        }
    }

    /** The profile is bytes in Docker's Go type, hence base64 in JSON. */
    private static String profile(@Nullable String encoded) throws PlanRefused {
        if (encoded == null || encoded.isEmpty()) {
            throw new PlanRefused("seccomp profile is empty");
        }
        try {
            return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notBase64) {
            throw new PlanRefused("seccomp profile is not base64: " + notBase64.getMessage());
        }
    }

    private static String key(PortConfig port) {
        return Ports.number(port.targetPort()) + "/"
                + Ports.protocol(port).name().toLowerCase(Locale.ROOT);
    }

    /** The port numbers and protocols of a service's published ports. */
    public static final class Ports {
        private Ports() {}

        public static Protocol protocol(PortConfig port) {
            PortConfig.Protocol protocol = Objects.requireNonNullElse(port.protocol(), PortConfig.Protocol.TCP);
            return switch (protocol) {
                case TCP -> Protocol.TCP;
                case UDP -> Protocol.UDP;
                case SCTP -> Protocol.SCTP;
            };
        }

        /** 0 for none. */
        public static int number(@Nullable Long port) {
            return port == null ? 0 : Math.toIntExact(port);
        }
    }
}
