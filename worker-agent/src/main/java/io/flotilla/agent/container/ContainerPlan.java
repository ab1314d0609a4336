package io.flotilla.agent.container;

import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.network.Protocol;
import io.flotilla.agent.runtime.spec.Defaults;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Namespace;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import io.flotilla.agent.runtime.spec.RuntimeSpec.Seccomp;
import io.flotilla.agent.runtime.spec.RuntimeSpecBuilder;
import io.flotilla.agent.runtime.spec.RuntimeSpecProcessBuilder;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerSpec;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.ImageConfig;
import io.flotilla.bus.schema.Mount;
import io.flotilla.bus.schema.MountPoint;
import io.flotilla.bus.schema.PortConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides everything about a task's container from its specification, its image and its node, as SwarmKit and dockerd
 * would. The same input gives the same container; only the user's name is looked up in the image's files. The image's
 * health check is kept in the configuration and not run yet.
 */
public final class ContainerPlan {
    private static final long DEFAULT_STOP_GRACE_MS = 10_000;
    private static final int HOSTNAME_LENGTH = 12;

    private final RunTask task;
    private final String id;
    private final Path folder;
    private final ContainerSpec spec;
    private final ImageConfig image;
    private final Templates templates;
    private final NodeIdentity node;
    private final NetworkKind network;

    private ContainerPlan(RunTask task, String id, Path folder, StoredImage image, NodeIdentity node) {
        this.task = task;
        this.id = id;
        this.folder = folder;
        this.spec = Objects.requireNonNullElseGet(task.spec().containerSpec(), () -> ContainerSpecBuilder.builder()
                .build());
        this.image = imageConfig(image);
        this.templates = new Templates(task, node);
        this.node = node;
        this.network = NetworkKind.of(task.spec().networks());
    }

    /**
     * @param id of the container to be
     * @param folder the container's own, for its log and the files mounted into /etc
     * @param root its layers, where users are looked up
     * @throws PlanRefused when the specification can't be run; nothing has been made
     */
    public static ContainerRecord of(
            RunTask task, String id, Instant created, Path folder, StoredImage image, Snapshot root, NodeIdentity node)
            throws PlanRefused, IOException {
        return new ContainerPlan(task, id, folder, image, node).decide(created, image.id(), root);
    }

    /** The container part of an OCI image configuration. */
    public static ImageConfig imageConfig(StoredImage image) {
        var config = image.config().path("config");
        return Codec.JSON
                .mapper()
                .convertValue(config.isObject() ? config : Codec.JSON.mapper().createObjectNode(), ImageConfig.class);
    }

    /** The log driver and options of a task, Docker's default where it names none. */
    public static String logDriver(RunTask task) {
        var driver = task.spec().logDriver();
        return driver == null || driver.name() == null || driver.name().isEmpty() ? "json-file" : driver.name();
    }

    private ContainerRecord decide(Instant created, String imageId, Snapshot root) throws PlanRefused, IOException {
        CommandRules.Command command = CommandRules.command(spec, image);
        String hostname = hostname();
        boolean terminal = Boolean.TRUE.equals(spec.tty());
        List<String> env = new ArrayList<>();
        for (String entry : spec.env()) {
            env.add(templates.expand(entry));
        }
        List<String> configuredEnv = CommandRules.configured(env, image.env());
        List<Mount> mounts = expandedMounts();
        String userName = firstNonEmpty(spec.user(), image.user(), "");
        UserLookup.Found user = UserLookup.find(userName, spec.groups(), root);
        List<String> processEnv = new ArrayList<>(CommandRules.effective(configuredEnv, hostname, terminal));
        if (processEnv.stream().noneMatch(entry -> CommandRules.name(entry).equals("HOME"))) {
            processEnv.add("HOME=" + user.home());
        }
        String cwd = firstNonEmpty(spec.dir(), image.workingDir(), "/");
        String stopSignalName = firstNonEmpty(spec.stopSignal(), image.stopSignal(), "");
        List<PortMapping> ports = hostPorts();

        RuntimeSpec runtimeSpec = RuntimeSpecBuilder.builder()
                .id(id)
                .process(process(command, processEnv, cwd, user.user(), terminal))
                .root(new RuntimeSpec.Root(
                        root.lower(), root.upper(), root.work(), Boolean.TRUE.equals(spec.readOnly())))
                .hostname(hostname)
                .mounts(runtimeMounts(mounts))
                .namespaces(namespaces())
                .resources(ResourceRules.resources(task.spec().resources()))
                .devices(Defaults.devices())
                .seccomp(seccomp())
                .maskedPaths(Defaults.maskedPaths())
                .readonlyPaths(Defaults.readonlyPaths())
                .sysctl(spec.sysctls())
                .cgroupParent("")
                .init(Boolean.TRUE.equals(spec.init()))
                .build();
        ContainerConfig config = config(command, configuredEnv, hostname, userName, cwd, stopSignalName);
        List<MountPoint> mountPoints = new ArrayList<>();
        for (Mount mount : mounts) {
            mountPoints.add(MountRules.mountPoint(mount));
        }
        return ContainerRecordBuilder.builder()
                .id(id)
                .name(task.name())
                .created(created)
                .imageId(imageId)
                .folder(folder)
                .config(config)
                .hostConfig(HostConfigRules.hostConfig(task, spec, mounts, ports, network))
                .mounts(List.copyOf(mountPoints))
                .spec(runtimeSpec)
                .network(network)
                .ports(ports)
                .stopSignal(stopSignal(stopSignalName))
                .stopGraceMs(
                        spec.stopGracePeriod() == null ? DEFAULT_STOP_GRACE_MS : spec.stopGracePeriod() / 1_000_000)
                .error("")
                .build();
    }

    private RuntimeSpec.Process process(
            CommandRules.Command command, List<String> env, String cwd, RuntimeSpec.User user, boolean terminal)
            throws PlanRefused {
        ContainerSpec.Privileges privileges = spec.privileges();
        boolean noNewPrivileges = privileges != null && Boolean.TRUE.equals(privileges.noNewPrivileges());
        List<RuntimeSpec.Rlimit> rlimits = new ArrayList<>();
        for (ContainerSpec.Ulimit ulimit : spec.ulimits()) {
            rlimits.add(ResourceRules.rlimit(ulimit));
        }
        Long oomScoreAdj = spec.oomScoreAdj();
        return RuntimeSpecProcessBuilder.builder()
                .args(command.args())
                .env(env)
                .cwd(cwd)
                .user(user)
                .capabilities(CapabilityRules.capabilities(spec.capabilityAdd(), spec.capabilityDrop()))
                .noNewPrivileges(noNewPrivileges)
                .rlimits(rlimits)
                .oomScoreAdj(oomScoreAdj == null ? null : Math.toIntExact(oomScoreAdj))
                .terminal(terminal)
                .openStdin(Boolean.TRUE.equals(spec.openStdin()))
                .build();
    }

    private String hostname() throws PlanRefused {
        String wanted = spec.hostname() == null ? "" : templates.expand(spec.hostname());
        if (!wanted.isEmpty()) {
            return wanted;
        }
        return network == NetworkKind.HOST ? node.hostname() : id.substring(0, HOSTNAME_LENGTH);
    }

    private List<Mount> expandedMounts() throws PlanRefused {
        List<Mount> mounts = new ArrayList<>();
        for (Mount mount : spec.mounts()) {
            String source = mount.source() == null ? null : templates.expand(mount.source());
            String target = mount.target() == null ? null : templates.expand(mount.target());
            mounts.add(mount.withSource(source).withTarget(target));
        }
        return List.copyOf(mounts);
    }

    /** The kernel's file systems, then the files of /etc, then the service's own, a parent before what is below it. */
    private List<RuntimeSpec.Mount> runtimeMounts(List<Mount> mounts) throws PlanRefused {
        List<RuntimeSpec.Mount> own = new ArrayList<>();
        for (Mount mount : mounts) {
            own.add(MountRules.runtimeMount(mount));
        }
        own.sort(Comparator.comparingLong(
                mount -> mount.destination().chars().filter(c -> c == '/').count()));
        List<String> ownTargets =
                own.stream().map(RuntimeSpec.Mount::destination).toList();
        List<RuntimeSpec.Mount> all = new ArrayList<>();
        Defaults.mounts().stream()
                .filter(mount -> !ownTargets.contains(mount.destination()))
                .forEach(all::add);
        List<String> options = Boolean.TRUE.equals(spec.readOnly())
                ? List.of("rbind", "rprivate", "ro")
                : List.of("rbind", "rprivate");
        for (String file : List.of("resolv.conf", "hostname", "hosts")) {
            if (!ownTargets.contains("/etc/" + file)) {
                all.add(new RuntimeSpec.Mount(
                        "/etc/" + file, "bind", folder.resolve(file).toString(), options));
            }
        }
        all.addAll(own);
        return List.copyOf(all);
    }

    private List<Namespace> namespaces() {
        List<Namespace> namespaces = new ArrayList<>();
        for (NamespaceType type : List.of(
                NamespaceType.PID, NamespaceType.MOUNT, NamespaceType.IPC, NamespaceType.UTS, NamespaceType.CGROUP)) {
            namespaces.add(new Namespace(type, null));
        }
        // the network namespace is added when it is attached, so that it is not there before it is needed
        return List.copyOf(namespaces);
    }

    private Seccomp seccomp() throws PlanRefused {
        ContainerSpec.Privileges privileges = spec.privileges();
        ContainerSpec.Privileges.Seccomp wanted = privileges == null ? null : privileges.seccomp();
        if (wanted == null || wanted.mode() == null) {
            return new Seccomp.Default();
        }
        return switch (wanted.mode()) {
            case DEFAULT -> new Seccomp.Default();
            case UNCONFINED -> new Seccomp.Unconfined();
            case CUSTOM -> new Seccomp.Custom(profile(wanted.profile()));
        };
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

    private List<PortMapping> hostPorts() {
        List<PortMapping> mappings = new ArrayList<>();
        for (PortConfig port : task.ports()) {
            if (port.publishMode() == PortConfig.PublishMode.HOST && network == NetworkKind.BRIDGE) {
                mappings.add(new PortMapping(
                        Ports.protocol(port), Ports.number(port.targetPort()), "", Ports.number(port.publishedPort())));
            }
        }
        return List.copyOf(mappings);
    }

    private ContainerConfig config(
            CommandRules.Command command,
            List<String> env,
            String hostname,
            String userName,
            String cwd,
            String stopSignalName) {
        Map<String, String> labels = new TreeMap<>(image.labels());
        labels.putAll(spec.labels());
        labels.put("com.docker.swarm.node.id", node.id());
        labels.put("com.docker.swarm.service.id", task.serviceId());
        labels.put("com.docker.swarm.service.name", task.serviceName());
        labels.put("com.docker.swarm.task", "");
        labels.put("com.docker.swarm.task.id", task.id());
        labels.put("com.docker.swarm.task.name", task.name());
        Map<String, Map<String, Object>> exposed = new LinkedHashMap<>(image.exposedPorts());
        for (PortConfig port : task.ports()) {
            exposed.put(
                    Ports.number(port.targetPort()) + "/"
                            + Ports.protocol(port).name().toLowerCase(Locale.ROOT),
                    new HashMap<>());
        }
        return ContainerConfigBuilder.builder()
                .hostname(hostname)
                .domainname("")
                .user(userName)
                .attachStdin(false)
                .attachStdout(false)
                .attachStderr(false)
                .exposedPorts(exposed)
                .tty(Boolean.TRUE.equals(spec.tty()))
                .openStdin(Boolean.TRUE.equals(spec.openStdin()))
                .stdinOnce(false)
                .env(env)
                .cmd(command.cmd())
                .entrypoint(command.entrypoint())
                .healthcheck(spec.healthCheck() == null ? image.healthcheck() : spec.healthCheck())
                .image(Objects.requireNonNullElse(spec.image(), ""))
                .volumes(image.volumes())
                .workingDir(cwd.equals("/") ? "" : cwd)
                .onBuild(image.onBuild())
                .labels(labels)
                .stopSignal(stopSignalName.isEmpty() ? null : stopSignalName)
                .shell(image.shell())
                .build();
    }

    private static int stopSignal(String name) throws PlanRefused {
        if (name.isEmpty()) {
            return Signals.SIGTERM;
        }
        return Signals.parse(name).orElseThrow(() -> new PlanRefused("invalid signal: " + name));
    }

    private static String firstNonEmpty(@Nullable String first, @Nullable String second, String otherwise) {
        if (first != null && !first.isEmpty()) {
            return first;
        }
        return second != null && !second.isEmpty() ? second : otherwise;
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
