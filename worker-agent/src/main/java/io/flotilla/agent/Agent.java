package io.flotilla.agent;

import io.flotilla.agent.archive.ContainerArchive;
import io.flotilla.agent.archive.ContainerCommit;
import io.flotilla.agent.container.NodeIdentity;
import io.flotilla.agent.container.OciRuntimes;
import io.flotilla.agent.csi.ClusterVolumes;
import io.flotilla.agent.csi.plugin.CsiPlugins;
import io.flotilla.agent.exec.ExecSessions;
import io.flotilla.agent.image.ImageLimits;
import io.flotilla.agent.image.ImageStore;
import io.flotilla.agent.image.LocalImageStore;
import io.flotilla.agent.image.transfer.ImageTransfers;
import io.flotilla.agent.log.ContainerLogs;
import io.flotilla.agent.network.ContainerNetwork;
import io.flotilla.agent.network.bridge.BridgeConfig;
import io.flotilla.agent.network.bridge.BridgeNetwork;
import io.flotilla.agent.nodeapi.CallThreads;
import io.flotilla.agent.nodeapi.ContainerApi;
import io.flotilla.agent.nodeapi.FileCalls;
import io.flotilla.agent.nodeapi.GrpcPeers;
import io.flotilla.agent.nodeapi.ImageApi;
import io.flotilla.agent.nodeapi.NodeApi;
import io.flotilla.agent.nodeapi.TaskPulls;
import io.flotilla.agent.nodeapi.VolumeApi;
import io.flotilla.agent.reconcile.Outbox;
import io.flotilla.agent.reconcile.Pauses;
import io.flotilla.agent.reconcile.Reconciler;
import io.flotilla.agent.runtime.ContainerRuntime;
import io.flotilla.agent.runtime.linux.HostMounts;
import io.flotilla.agent.runtime.linux.LinuxRuntime;
import io.flotilla.agent.stats.HostFacts;
import io.flotilla.agent.stats.NodeInfo;
import io.flotilla.agent.stats.ProcessTable;
import io.flotilla.agent.stream.ContainerEventLog;
import io.flotilla.agent.value.HeldValues;
import io.flotilla.agent.value.ValueFiles;
import io.flotilla.agent.volume.ContainerVolumes;
import io.flotilla.agent.volume.PluginFolders;
import io.flotilla.agent.volume.VolumeDrivers;
import io.flotilla.agent.volume.VolumePlugins;
import io.flotilla.agent.volume.VolumeReports;
import io.flotilla.agent.volume.VolumeStore;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.rpc.ContainerServiceGrpc;
import io.flotilla.bus.rpc.ImageServiceGrpc;
import io.flotilla.bus.rpc.NodeServiceGrpc;
import io.flotilla.bus.rpc.VolumeServiceGrpc;
import io.flotilla.bus.schema.EngineDescription;
import io.flotilla.bus.schema.NodeCSIInfo;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.SystemInfo;
import io.flotilla.bus.seal.NodeKey;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The worker agent of one node: owns the runtime, the images, the network and the reconciler over them. Started once and closed
 * once; containers outlive it, and the next agent of the same instance takes them over.
 */
public final class Agent implements AutoCloseable {
    private static final String VOLUMES = "volumes";
    /** In the data folder the sealed values, in the run folder the mount points of the open ones. */
    private static final String VALUES = "values";

    /** Of cluster volumes and the plugins that mount them. */
    private static final String CSI = "csi";

    private static final String NODE_KEY = "node.key";

    private final AgentConfig config;
    private final HostFacts host;
    private final Kernel kernel;
    private final ContainerLogs logs;
    private final Reconciler reconciler;
    private final CallThreads calls = new CallThreads();
    private final ImageTransfers transfers;
    private final VolumeStore volumes;
    private final VolumeReports volumeReports;
    private final HeldValues values;
    private final List<ServerServiceDefinition> services;
    private final Heartbeat heartbeat;
    private final String session = UUID.randomUUID().toString();
    private final PluginFolders pluginFolders = PluginFolders.docker();
    private final VolumePlugins volumePlugins = new VolumePlugins(pluginFolders, InstantSource.system());
    private final AtomicBoolean lookingForPlugins = new AtomicBoolean();
    private final CsiPlugins csiPlugins;
    private final ClusterVolumes clusterVolumes;
    private final AtomicBoolean lookingForCsiPlugins = new AtomicBoolean();
    private volatile List<String> pluginNames = List.of();
    private boolean closed;

    /** What stands between the agent and the host. @param closeAll lets go of all of it */
    record Kernel(ContainerRuntime runtime, ImageStore images, ContainerNetwork network, AutoClosing closeAll) {}

    /** Closes without a checked exception other than of input and output. */
    interface AutoClosing {
        void close() throws IOException;
    }

    Agent(AgentConfig config, Kernel kernel) throws IOException {
        this.config = config;
        this.kernel = kernel;
        this.host = HostFacts.read();
        InstantSource clock = InstantSource.system();
        this.logs = new ContainerLogs(clock);
        this.transfers = new ImageTransfers(kernel.images(), ImageLimits.defaults(), config.registries());
        this.volumeReports = new VolumeReports(config.nodeId(), clock, this::outbox);
        this.volumes = VolumeStore.open(
                config.instance().dataDir().resolve(VOLUMES), new VolumeDrivers(pluginFolders), volumeReports, clock);
        Path dataDir = config.instance().dataDir();
        this.values = HeldValues.open(dataDir.resolve(VALUES), NodeKey.open(dataDir.resolve(NODE_KEY)));
        Path csi = dataDir.resolve(CSI);
        this.csiPlugins = new CsiPlugins(ClusterVolumes.plugins(csi), clock);
        this.clusterVolumes =
                new ClusterVolumes(new ClusterVolumes.Parts(config.nodeId(), csi, csiPlugins, values, config.onBug()));
        NodeIdentity node = new NodeIdentity(config.nodeId(), config.nodeName(), host.architecture());
        this.reconciler = new Reconciler(new Reconciler.Parts(
                node,
                config.instance().dataDir(),
                config.bus(),
                kernel.runtime(),
                kernel.images(),
                new GrpcPeers(config.channels()),
                new TaskPulls(transfers),
                kernel.network(),
                logs,
                new ContainerVolumes(volumes),
                values,
                new ValueFiles(values, node, config.instance().runDir().resolve(VALUES)),
                clusterVolumes,
                clock,
                this::describe,
                config.onBug()));
        this.heartbeat = new Heartbeat(config.nodeId(), session, reconciler.outbox(), this::lookForPlugins);
        NodeApi nodeApi = new NodeApi(
                calls,
                config.nodeId(),
                reconciler.containers(),
                reconciler.images(),
                kernel.images(),
                kernel.runtime(),
                logs,
                new ProcessTable(clock, host.memoryBytes()),
                this::info);
        ContainerEventLog events = reconciler.containers()::event;
        ExecSessions execs = new ExecSessions(reconciler.containers()::find, kernel.runtime(), events, clock);
        ContainerApi containerApi = new ContainerApi(
                calls,
                reconciler.containers(),
                kernel.runtime(),
                logs,
                reconciler.streams(),
                execs,
                events,
                files(clock));
        this.services = List.of(
                NodeServiceGrpc.bindService(nodeApi),
                ContainerServiceGrpc.bindService(containerApi),
                ImageServiceGrpc.bindService(new ImageApi(calls, kernel.images(), transfers, reconciler.images())),
                VolumeServiceGrpc.bindService(new VolumeApi(calls, volumes)));
    }

    /** There once the reconciler is. */
    private Outbox outbox() {
        return reconciler.outbox();
    }

    private FileCalls.Parts files(InstantSource clock) throws IOException {
        Path scratch = Files.createDirectories(config.instance().runDir().resolve("archives"));
        return new FileCalls.Parts(
                new ContainerArchive(reconciler.rootHolds(), scratch),
                new ContainerCommit(
                        kernel.images(),
                        (container, pause) -> {
                            Pauses.Hold hold = reconciler.containers().holdForCommit(container.id(), pause);
                            return hold::close;
                        },
                        clock),
                reconciler.images());
    }

    /**
     * Opens the host's side for the instance.
     *
     * @throws IOException when the host lacks what containers need, or another process has the instance open
     */
    public static Agent open(AgentConfig config) throws IOException {
        Instance instance = config.instance();
        Files.createDirectories(instance.dataDir());
        Files.createDirectories(instance.runDir());
        LocalImageStore images = new LocalImageStore(instance.dataDir().resolve("images"), ImageLimits.defaults());
        try {
            BridgeNetwork network = new BridgeNetwork(instance, BridgeConfig.defaults());
            LinuxRuntime runtime = new LinuxRuntime(instance);
            return new Agent(config, new Kernel(runtime, images, network, () -> {
                runtime.close();
                network.close();
                images.close();
            }));
        } catch (IOException e) {
            images.close();
            throw e;
        }
    }

    /** Takes over what runs, joins the bus, and says that the node is there. */
    public void start() throws IOException {
        kernel.network().open();
        reconciler.start();
        heartbeat.start();
    }

    /** To be mounted on the application's gRPC server. */
    public List<ServerServiceDefinition> services() {
        return services;
    }

    /** Puts into the outbox what the node is and has. */
    private void describe(Outbox outbox) {
        describeNode(outbox);
        volumeReports.all(volumes.list(), outbox);
    }

    /** A plugin comes and goes without telling; tasks that need it wait for this. The heartbeat waits for no plugin. */
    private void lookForPlugins() {
        lookAlone("agent-plugins", lookingForPlugins, () -> {
            if (!volumePlugins.look().equals(pluginNames)) {
                describeNode(reconciler.outbox());
            }
        });
        lookAlone("agent-csi-plugins", lookingForCsiPlugins, () -> {
            if (csiPlugins.look()) {
                describeNode(reconciler.outbox());
                clusterVolumes.pluginsChanged();
            }
        });
    }

    /** @param busy a look that takes longer than a beat is not joined by another */
    private static void lookAlone(String thread, AtomicBoolean busy, Runnable look) {
        if (busy.compareAndSet(false, true)) {
            Thread.ofVirtual().name(thread).start(() -> {
                try {
                    look.run();
                } finally {
                    busy.set(false);
                }
            });
        }
    }

    private synchronized void describeNode(Outbox outbox) {
        pluginNames = volumePlugins.known();
        List<EngineDescription.Plugin> plugins = new ArrayList<>();
        for (String network : List.of("bridge", "host", "null")) {
            plugins.add(new EngineDescription.Plugin("Network", network));
        }
        plugins.add(new EngineDescription.Plugin("Volume", "local"));
        for (String volume : pluginNames) {
            plugins.add(new EngineDescription.Plugin("Volume", volume));
        }
        for (String log : List.of("json-file", "none")) {
            plugins.add(new EngineDescription.Plugin("Log", log));
        }
        List<NodeCSIInfo> csi = csiPlugins.known();
        for (NodeCSIInfo plugin : csi) {
            if (plugin.nodeId() != null) {
                plugins.add(new EngineDescription.Plugin("csinode", plugin.pluginName()));
            }
            if (Boolean.TRUE.equals(plugin.controller())) {
                plugins.add(new EngineDescription.Plugin("csicontroller", plugin.pluginName()));
            }
        }
        NodeDescription description = new NodeDescription(
                config.nodeName(),
                new Platform(host.architecture(), "linux"),
                new ResourceObject(host.cpus() * 1_000_000_000L, host.memoryBytes(), config.genericResources()),
                new EngineDescription(config.engineVersion(), config.labels(), plugins),
                null,
                csi);
        outbox.report(
                "node",
                new Report.NodeDescribed(
                        config.nodeId(),
                        session,
                        description,
                        config.address(),
                        config.role(),
                        reconciler.nodeMessage(),
                        values.publicKey()));
    }

    private SystemInfo info() {
        return NodeInfo.of(
                host,
                config.nodeName(),
                config.instance().dataDir(),
                config.engineVersion(),
                config.genericResources(),
                reconciler.containers().all(),
                kernel.images().list().size(),
                volumePlugins.look(),
                OciRuntimes.installed(),
                Instant.now());
    }

    /** Clean-up by name, for an instance whose agent is gone, also after a crash: kills its containers. */
    public static void removeKernelObjects(Instance instance) throws IOException {
        try (LinuxRuntime runtime = new LinuxRuntime(instance)) {
            for (String containerId : runtime.known()) {
                runtime.delete(containerId);
            }
            runtime.removeInstanceCgroup();
        }
        for (Path mounted :
                HostMounts.below(instance.dataDir().resolve(VOLUMES)).reversed()) {
            HostMounts.unmount(mounted);
        }
        ClusterVolumes.unmountAll(instance.dataDir().resolve(CSI));
        ValueFiles.removeAll(instance.runDir().resolve(VALUES));
        BridgeNetwork.removeAll(instance);
    }

    private void closeActivity() {
        heartbeat.close();
        calls.close();
        reconciler.close();
        csiPlugins.close();
    }

    private void closeKernel() throws IOException {
        closed = true;
        transfers.close();
        logs.closeAll();
        kernel.closeAll().close();
    }

    /** Ends the agent; containers go on. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closeActivity();
        closeKernel();
    }
}
