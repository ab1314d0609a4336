package io.flotilla.agent.container;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageSettings;
import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.network.PortMapping;
import io.flotilla.agent.runtime.spec.Defaults;
import io.flotilla.agent.runtime.spec.HostDevices;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpecBuilder;
import io.flotilla.agent.runtime.spec.RuntimeSpecProcessBuilder;
import io.flotilla.bus.schema.ContainerConfig;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.DeviceMapping;
import io.flotilla.bus.schema.HealthConfig;
import io.flotilla.bus.schema.HostConfig;
import io.flotilla.bus.schema.ImageConfig;
import io.flotilla.bus.schema.MountPoint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides everything about a container from its request, its image and its node, as dockerd would. The same input gives
 * the same container; only users are looked up in the image's files and devices on the host. Every field of the request is
 * honoured or refused by name.
 */
public final class ContainerPlan {
    private static final long DEFAULT_STOP_GRACE_MS = 10_000;
    private static final int HOSTNAME_LENGTH = 12;

    private final ContainerRequest request;
    private final ContainerConfig wanted;
    private final HostConfig host;
    private final Site site;
    private final ImageConfig image;
    private final NetworkKind network;

    /**
     * Where the container is to be.
     *
     * @param folder the container's own, for its log and the files mounted into /etc
     * @param root its layers, where users are looked up
     */
    public record Site(String id, Instant created, Path folder, Snapshot root, NodeIdentity node) {}

    private ContainerPlan(ContainerRequest request, Site site, StoredImage image) throws PlanRefused {
        this.request = request;
        this.wanted = request.config();
        this.host = HostConfigRules.complete(request.hostConfig());
        this.site = site;
        this.image = imageConfig(image);
        this.network = Boolean.TRUE.equals(wanted.networkDisabled())
                ? NetworkKind.NONE
                : NetworkKind.of(request.hostConfig().networkMode());
    }

    /**
     * @param mounts all that is mounted, with volumes and sources found
     * @throws PlanRefused when the request can't be run; nothing has been made
     */
    static ContainerRecord of(ContainerRequest request, Site site, StoredImage image, List<MountWish.Resolved> mounts)
            throws PlanRefused, IOException {
        return new ContainerPlan(request, site, image).decide(image.id(), mounts);
    }

    /**
     * As a later request has it: its name, limits and restart policy, which are what may change. The same when nothing of
     * that did.
     */
    public static ContainerRecord updated(ContainerRecord container, ContainerRequest request) throws PlanRefused {
        HostConfig host = HostConfigRules.complete(request.hostConfig());
        // decided once; the request may name them in another way
        HostConfig kept = container.hostConfig();
        HostConfig next = host.withNetworkMode(kept.networkMode())
                .withPidMode(kept.pidMode())
                .withIpcMode(kept.ipcMode());
        return container
                .withName(request.name())
                .withHostConfig(next)
                .withSpec(container.spec().withResources(ResourceRules.resources(host)));
    }

    /** What the image says of its containers. @throws PlanRefused when that can't be read */
    static ImageConfig imageConfig(StoredImage image) throws PlanRefused {
        try {
            return ImageSettings.of(image.config());
        } catch (ImageRefused unusable) {
            throw new PlanRefused(String.valueOf(unusable.getMessage()));
        }
    }

    private ContainerRecord decide(String imageId, List<MountWish.Resolved> mounts) throws PlanRefused, IOException {
        String macAddress = EndpointRules.macAddress(request, network);
        NamespaceRules.check(wanted, request.hostConfig(), macAddress != null);
        CommandRules.Command command = CommandRules.command(wanted, image);
        String hostname = either(wanted.hostname(), defaultHostname());
        List<String> env = CommandRules.configured(wanted.env(), image.env());
        String userName = either(wanted.user(), either(image.user(), ""));
        UserLookup.Found user = UserLookup.find(userName, host.groupAdd(), site.root());
        String cwd = either(wanted.workingDir(), either(image.workingDir(), "/"));
        if (!cwd.startsWith("/")) {
            throw new PlanRefused("the working directory '" + cwd + "' is invalid, it needs to be an absolute path");
        }
        KernelPaths.check(cwd);
        String stopSignal = either(wanted.stopSignal(), either(image.stopSignal(), ""));
        Map<String, Map<String, Object>> exposed = exposed();
        List<PortMapping> ports =
                network == NetworkKind.BRIDGE ? PortRules.mappings(host, exposed.keySet()) : List.of();
        SecurityRules security = SecurityRules.of(host);
        RuntimeSpec spec = RuntimeSpecBuilder.builder()
                .id(site.id())
                .process(process(command, environment(env, hostname, user), cwd, user.user(), security))
                .root(new RuntimeSpec.Root(
                        site.root().lower(),
                        site.root().upper(),
                        site.root().work(),
                        Boolean.TRUE.equals(host.readonlyRootfs())))
                .hostname(hostname)
                .domainname(either(wanted.domainname(), "").isEmpty() ? null : wanted.domainname())
                .mounts(runtimeMounts(mounts))
                .namespaces(NamespaceRules.namespaces(host))
                .resources(ResourceRules.resources(host))
                .devices(devices())
                .seccomp(security.seccomp())
                .maskedPaths(security.maskedPaths())
                .readonlyPaths(security.readonlyPaths())
                .sysctl(host.sysctls())
                .cgroupParent(cgroupParent())
                .init(Boolean.TRUE.equals(host.init()))
                .privileged(Boolean.TRUE.equals(host.privileged()))
                .annotations(host.annotations())
                .ociRuntime(OciRuntimes.program(host.runtime()))
                .build();
        // as dockerd, which lists no --tmpfs among the mounts, only those of --mount
        List<MountPoint> mountPoints = mounts.stream()
                .filter(mount -> !host.tmpfs().containsKey(mount.wish().target()))
                .map(MountRules::mountPoint)
                .toList();
        return ContainerRecordBuilder.builder()
                .id(site.id())
                .name(request.name())
                .created(site.created())
                .imageId(imageId)
                .folder(site.folder())
                .config(config(command, env, exposed, hostname, userName, stopSignal))
                .hostConfig(host)
                .mounts(mountPoints)
                .spec(spec)
                .network(network)
                .macAddress(macAddress)
                .ports(ports)
                .stopSignal(signal(stopSignal))
                .stopGraceMs(wanted.stopTimeout() == null ? DEFAULT_STOP_GRACE_MS : wanted.stopTimeout() * 1000)
                .error("")
                .build();
    }

    private RuntimeSpec.Process process(
            CommandRules.Command command, List<String> env, String cwd, RuntimeSpec.User user, SecurityRules security)
            throws PlanRefused {
        List<RuntimeSpec.Rlimit> rlimits = new ArrayList<>();
        for (HostConfig.Ulimit ulimit : host.ulimits()) {
            rlimits.add(ResourceRules.rlimit(ulimit));
        }
        boolean terminal = Boolean.TRUE.equals(wanted.tty());
        List<Long> size = host.consoleSize();
        Long oomScoreAdj = request.hostConfig().oomScoreAdj();
        return RuntimeSpecProcessBuilder.builder()
                .args(command.args())
                .env(env)
                .cwd(cwd)
                .user(user)
                .capabilities(CapabilityRules.capabilities(host.capAdd(), host.capDrop()))
                .noNewPrivileges(security.noNewPrivileges())
                .rlimits(rlimits)
                .oomScoreAdj(oomScoreAdj == null ? null : Math.toIntExact(oomScoreAdj))
                .terminal(terminal)
                .consoleSize(
                        terminal && size.getFirst() > 0
                                ? new RuntimeSpec.ConsoleSize(
                                        Math.toIntExact(size.getFirst()), Math.toIntExact(size.getLast()))
                                : null)
                .openStdin(Boolean.TRUE.equals(wanted.openStdin()))
                .stdinOnce(Boolean.TRUE.equals(wanted.stdinOnce()))
                .apparmorProfile(security.apparmorProfile())
                .build();
    }

    private List<String> environment(List<String> configured, String hostname, UserLookup.Found user) {
        List<String> env =
                new ArrayList<>(CommandRules.effective(configured, hostname, Boolean.TRUE.equals(wanted.tty())));
        if (env.stream().noneMatch(entry -> CommandRules.name(entry).equals("HOME"))) {
            env.add("HOME=" + user.home());
        }
        return env;
    }

    private String defaultHostname() {
        boolean ofHost = network == NetworkKind.HOST || "host".equals(host.utsMode());
        return ofHost ? site.node().hostname() : site.id().substring(0, HOSTNAME_LENGTH);
    }

    private List<RuntimeSpec.Device> devices() throws PlanRefused, IOException {
        List<RuntimeSpec.Device> devices = new ArrayList<>(Defaults.devices());
        for (DeviceMapping mapping : host.devices()) {
            String path = either(mapping.pathOnHost(), "");
            String access = either(mapping.cgroupPermissions(), "rwm");
            if (!access.matches("[rwm]{1,3}")) {
                throw new PlanRefused("invalid device mode: " + access);
            }
            if (!path.startsWith("/")) {
                throw new PlanRefused("error gathering device information while adding custom device \"" + path
                        + "\": not an absolute path");
            }
            try {
                devices.addAll(HostDevices.mapped(Path.of(path), either(mapping.pathInContainer(), path), access));
            } catch (IOException refused) {
                throw new PlanRefused(String.valueOf(refused.getMessage()));
            }
        }
        return devices;
    }

    /** The kernel's file systems, then the files of /etc, then the container's own, a parent before what is below it. */
    private List<RuntimeSpec.Mount> runtimeMounts(List<MountWish.Resolved> mounts) {
        List<RuntimeSpec.Mount> own =
                new ArrayList<>(mounts.stream().map(MountRules::runtimeMount).toList());
        own.sort(Comparator.comparingLong(
                mount -> mount.destination().chars().filter(c -> c == '/').count()));
        List<String> targets = own.stream().map(RuntimeSpec.Mount::destination).toList();
        List<RuntimeSpec.Mount> all = new ArrayList<>();
        for (RuntimeSpec.Mount mount : Defaults.mounts(Objects.requireNonNullElse(host.shmSize(), 0L))) {
            boolean withoutShm = mount.destination().equals("/dev/shm") && "none".equals(host.ipcMode());
            if (!targets.contains(mount.destination()) && !withoutShm) {
                all.add("host".equals(host.ipcMode()) ? ofHostIpc(mount) : mount);
            }
        }
        List<String> options = Boolean.TRUE.equals(host.readonlyRootfs())
                ? List.of("rbind", "rprivate", "ro")
                : List.of("rbind", "rprivate");
        for (String file : List.of("resolv.conf", "hostname", "hosts")) {
            if (!targets.contains("/etc/" + file)) {
                all.add(new RuntimeSpec.Mount(
                        "/etc/" + file, "bind", site.folder().resolve(file).toString(), options));
            }
        }
        all.addAll(own);
        return List.copyOf(all);
    }

    /**
     * Who is in the host's IPC namespace uses the host's shared memory. Its message queues are what a mount of their file
     * system shows there (mq_overview(7)), also on a host that has none at /dev/mqueue.
     */
    private static RuntimeSpec.Mount ofHostIpc(RuntimeSpec.Mount mount) {
        return mount.destination().equals("/dev/shm")
                ? new RuntimeSpec.Mount("/dev/shm", "bind", "/dev/shm", List.of("rbind", "rprivate"))
                : mount;
    }

    private String cgroupParent() throws PlanRefused {
        String parent = either(host.cgroupParent(), "");
        String relative = parent.replaceFirst("^/+", "");
        Path path = Path.of(relative).normalize();
        if (path.startsWith("..")) {
            throw new PlanRefused("invalid cgroup parent: " + parent);
        }
        return path.toString();
    }

    private Map<String, Map<String, Object>> exposed() {
        Map<String, Map<String, Object>> exposed = new LinkedHashMap<>();
        image.exposedPorts().forEach((port, nothing) -> exposed.put(protocolled(port), Map.of()));
        wanted.exposedPorts().forEach((port, nothing) -> exposed.put(protocolled(port), Map.of()));
        // what is published is exposed too
        host.portBindings().keySet().forEach(port -> exposed.put(protocolled(port), Map.of()));
        return exposed;
    }

    private static String protocolled(String port) {
        return port.contains("/") ? port : port + "/tcp";
    }

    private ContainerConfig config(
            CommandRules.Command command,
            List<String> env,
            Map<String, Map<String, Object>> exposed,
            String hostname,
            String userName,
            String stopSignal)
            throws PlanRefused {
        Map<String, String> labels = new TreeMap<>(image.labels());
        labels.putAll(wanted.labels());
        Map<String, Map<String, Object>> volumes = new LinkedHashMap<>(image.volumes());
        volumes.putAll(wanted.volumes());
        HealthConfig health = HealthRules.merged(wanted.healthcheck(), image.healthcheck());
        return wanted.withHostname(hostname)
                .withDomainname(either(wanted.domainname(), ""))
                .withUser(userName)
                .withAttachStdin(Boolean.TRUE.equals(wanted.attachStdin()))
                .withAttachStdout(Boolean.TRUE.equals(wanted.attachStdout()))
                .withAttachStderr(Boolean.TRUE.equals(wanted.attachStderr()))
                .withExposedPorts(exposed)
                .withTty(Boolean.TRUE.equals(wanted.tty()))
                .withOpenStdin(Boolean.TRUE.equals(wanted.openStdin()))
                .withStdinOnce(Boolean.TRUE.equals(wanted.stdinOnce()))
                .withEnv(env)
                .withCmd(command.cmd())
                .withEntrypoint(command.entrypoint())
                .withHealthcheck(health)
                .withImage(either(wanted.image(), ""))
                .withVolumes(volumes)
                .withWorkingDir(either(wanted.workingDir(), either(image.workingDir(), "")))
                .withOnBuild(wanted.onBuild().isEmpty() ? image.onBuild() : wanted.onBuild())
                .withLabels(labels)
                .withStopSignal(stopSignal.isEmpty() ? null : stopSignal)
                .withShell(wanted.shell().isEmpty() ? image.shell() : wanted.shell());
    }

    private static int signal(String name) throws PlanRefused {
        if (name.isEmpty()) {
            return Signals.SIGTERM;
        }
        return Signals.parse(name).orElseThrow(() -> new PlanRefused("invalid signal: " + name));
    }

    private static String either(@Nullable String first, String otherwise) {
        return first == null || first.isEmpty() ? otherwise : first;
    }
}
