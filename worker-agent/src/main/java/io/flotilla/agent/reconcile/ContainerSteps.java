package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerMaking;
import io.flotilla.agent.container.ContainerPlan;
import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.container.Joins;
import io.flotilla.agent.container.LinkRules;
import io.flotilla.agent.container.Neighbours;
import io.flotilla.agent.container.NetworkKind;
import io.flotilla.agent.container.NodeIdentity;
import io.flotilla.agent.container.PlanRefused;
import io.flotilla.agent.container.RootHolds;
import io.flotilla.agent.container.Volumes;
import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.Snapshot;
import io.flotilla.agent.image.StoredImage;
import io.flotilla.agent.log.ContainerLogs;
import io.flotilla.agent.log.LogOptions;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.agent.network.Attachment;
import io.flotilla.agent.network.ContainerFiles;
import io.flotilla.agent.network.ContainerNetwork;
import io.flotilla.agent.network.PortTaken;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.runtime.OutputSink;
import io.flotilla.agent.runtime.RunningProcess;
import io.flotilla.agent.runtime.RuntimeFailure;
import io.flotilla.agent.runtime.spec.RuntimeSpec;
import io.flotilla.agent.runtime.spec.RuntimeSpec.NamespaceType;
import io.flotilla.agent.stream.ContainerStreams;
import io.flotilla.agent.value.ValueFiles;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.HostConfig;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The things done to containers, each again without harm when it was done before. Has no state of its own; calls for one
 * container are serial, on platform threads.
 */
final class ContainerSteps {
    private static final Path HOST_RESOLV_CONF = Path.of("/etc/resolv.conf");
    private static final Path HOST_HOSTS = Path.of("/etc/hosts");

    private final ContainerRuntime runtime;
    private final ImageStore images;
    private final ContainerNetwork network;
    private final ContainerLogs logs;
    private final ContainerStreams streams;
    private final RootHolds rootHolds;
    private final Volumes volumes;
    private final ValueFiles valueFiles;
    private final Neighbours neighbours;
    private final ContainerMaking making;
    private final NodeIdentity node;
    private final Path containers;

    /** @param containers folder of the containers' own folders */
    ContainerSteps(
            ContainerRuntime runtime,
            ImageStore images,
            ContainerNetwork network,
            ContainerLogs logs,
            ContainerStreams streams,
            RootHolds rootHolds,
            Volumes volumes,
            ValueFiles valueFiles,
            Neighbours neighbours,
            NodeIdentity node,
            Path containers) {
        this.runtime = runtime;
        this.images = images;
        this.network = network;
        this.logs = logs;
        this.streams = streams;
        this.rootHolds = rootHolds;
        this.volumes = volumes;
        this.valueFiles = valueFiles;
        this.neighbours = neighbours;
        this.making = new ContainerMaking(volumes, neighbours);
        this.node = node;
        this.containers = containers;
    }

    /** Prepares the container's root, volumes and folder and decides all about it. */
    ContainerRecord create(ContainerRequest request, String containerId, StoredImage image, Instant now)
            throws PlanRefused, LogRefused, ImageRefused, IOException {
        Snapshot root = images.prepare(containerId, image.id());
        Path folder = folder(containerId);
        ContainerRecord container =
                making.make(request, new ContainerPlan.Site(containerId, now, folder, root, node), image);
        LogOptions options = ContainerLogOptions.of(container);
        Files.createDirectories(folder);
        // so that a reader finds a log from now on, even of a container that never starts
        if (options.kept() && Files.notExists(container.logFile())) {
            Files.createFile(container.logFile());
        }
        return container;
    }

    /** Connects it to networks and neighbours, writes its files and makes what the kernel keeps for it. */
    ContainerRecord connect(ContainerRecord container) throws PortTaken, PlanRefused, IOException {
        volumes.mount(container.id());
        ContainerRecord joined = Joins.joined(container, neighbours);
        LinkRules.Linked linked = LinkRules.of(container, neighbours);
        RuntimeSpec.Process process = joined.spec().process();
        joined = joined.withSpec(
                joined.spec().withProcess(process.withEnv(LinkRules.environment(process.env(), linked))));
        ContainerRecord connected =
                switch (joined.network()) {
                    case BRIDGE -> attached(joined, network.attach(joined.id(), joined.macAddress(), joined.ports()));
                    case NONE -> attached(joined, network.isolate(joined.id()));
                    case HOST, CONTAINER -> joined;
                };
        writeFiles(connected, linked.hosts());
        runtime.create(connected.spec());
        return connected;
    }

    private static ContainerRecord attached(ContainerRecord container, Attachment attachment) {
        return container
                .withAttachment(attachment)
                .withSpec(Joins.with(container.spec(), NamespaceType.NETWORK, attachment.namespace()));
    }

    private static void writeFiles(ContainerRecord container, List<String> linkedHosts)
            throws PlanRefused, IOException {
        Files.createDirectories(container.folder());
        HostConfig config = container.hostConfig();
        boolean host = container.network() == NetworkKind.HOST;
        Attachment attachment = container.attachment();
        var dns = new ContainerFiles.Dns(config.dns(), config.dnsSearch(), config.dnsOptions());
        String resolvConf = host && dns.equals(ContainerFiles.Dns.OF_HOST)
                ? content(HOST_RESOLV_CONF)
                : ContainerFiles.resolvConf(
                        content(HOST_RESOLV_CONF), content(Path.of(ContainerFiles.RESOLVED_UPLINK)), dns);
        List<String> extraHosts = new ArrayList<>(config.extraHosts());
        extraHosts.addAll(linkedHosts);
        String hosts;
        try {
            hosts = host && extraHosts.isEmpty()
                    ? content(HOST_HOSTS)
                    : ContainerFiles.hosts(
                            container.spec().hostname(),
                            Objects.requireNonNullElse(container.spec().domainname(), ""),
                            attachment == null ? null : attachment.address(),
                            attachment == null ? null : attachment.gateway(),
                            extraHosts);
        } catch (IllegalArgumentException refused) {
            throw new PlanRefused(String.valueOf(refused.getMessage()));
        }
        Files.writeString(container.resolvConfFile(), resolvConf);
        Files.writeString(container.hostsFile(), hosts);
        Files.writeString(
                container.hostnameFile(),
                ContainerFiles.hostname(container.spec().hostname()));
    }

    /** Takes the names of links it has lost out of the hosts file of a container. @param links HostConfig.Links as it is now */
    void unlink(ContainerRecord container, List<String> links) throws IOException {
        List<String> lost = new ArrayList<>(container.hostConfig().links());
        lost.removeAll(links);
        if (lost.isEmpty() || Files.notExists(container.hostsFile())) {
            return;
        }
        // written in place: the container has this very file
        Files.writeString(container.hostsFile(), LinkRules.without(content(container.hostsFile()), lost, neighbours));
    }

    private static String content(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException absent) {
            return "";
        }
    }

    RunningProcess start(ContainerRecord container) throws RuntimeFailure, IOException {
        requireRoot(container.id());
        RunningProcess process = runtime.start(container.spec(), output(container));
        streams.started(container.id());
        return process;
    }

    /** The kernel wants one mount with the container's upper folder at a time. */
    private void requireRoot(String containerId) throws RuntimeFailure {
        final int notStarted = 128;
        String failure = "container " + containerId + " can't be started while files are copied to it";
        try {
            if (!rootHolds.awaitNone(containerId)) {
                throw new RuntimeFailure(failure, notStarted, true, null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RuntimeFailure(failure, notStarted, true, e);
        }
    }

    /** It was connected or not, and does not run: who is attached is told the end. */
    void notStarted(String containerId) {
        streams.notStarted(containerId);
    }

    private OutputSink output(ContainerRecord container) throws IOException {
        return streams.begin(
                container.id(),
                container.spec().process().terminal(),
                logs.open(container.id(), container.logFile(), ContainerLogOptions.accepted(container)));
    }

    /**
     * Takes over a container an earlier agent started, also one whose process that agent had no time to note.
     *
     * @return empty when it has ended; then its exit tells how, unless nothing of it is left at all
     */
    Adopted adopt(ContainerRecord container) throws IOException {
        RunningProcess process = container.process();
        if (process == null) {
            List<Integer> pids = runtime.processes(container.id());
            Optional<RunningProcess> found = pids.isEmpty() ? Optional.empty() : StartTime.of(pids.getFirst());
            if (found.isEmpty()) {
                return new Adopted(Optional.empty(), false);
            }
            process = found.get();
        }
        Optional<RunningProcess> adopted = runtime.adopt(container.spec(), process, output(container));
        streams.started(container.id());
        return new Adopted(adopted, true);
    }

    /** @param watched the runtime tells of the exit */
    record Adopted(Optional<RunningProcess> process, boolean watched) {}

    void disconnect(ContainerRecord container) throws IOException {
        if (container.network() == NetworkKind.BRIDGE || container.network() == NetworkKind.NONE) {
            network.detach(container.id());
        }
    }

    /** The kernel's objects go, files and log stay. */
    void release(String containerId) throws IOException {
        runtime.delete(containerId);
        network.detach(containerId);
        volumes.unmount(containerId);
        valueFiles.remove(containerId);
        logs.close(containerId);
    }

    /**
     * Everything under the container's name goes, whatever there is of it.
     *
     * @param removeVolumes its own volumes too
     */
    void remove(String containerId, boolean removeVolumes) throws IOException {
        release(containerId);
        streams.remove(containerId);
        volumes.release(containerId, removeVolumes);
        images.release(containerId);
        Path folder = folder(containerId);
        logs.remove(containerId, folder.resolve(containerId + "-json.log"));
        deleteTree(folder);
    }

    private Path folder(String containerId) {
        return containers.resolve(containerId);
    }

    private static void deleteTree(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
