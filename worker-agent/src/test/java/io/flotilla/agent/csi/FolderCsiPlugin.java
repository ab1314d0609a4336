package io.flotilla.agent.csi;

import io.flotilla.agent.csi.v1.ControllerGetCapabilitiesRequest;
import io.flotilla.agent.csi.v1.ControllerGetCapabilitiesResponse;
import io.flotilla.agent.csi.v1.ControllerGrpc;
import io.flotilla.agent.csi.v1.ControllerPublishVolumeRequest;
import io.flotilla.agent.csi.v1.ControllerPublishVolumeResponse;
import io.flotilla.agent.csi.v1.ControllerServiceCapability;
import io.flotilla.agent.csi.v1.ControllerUnpublishVolumeRequest;
import io.flotilla.agent.csi.v1.ControllerUnpublishVolumeResponse;
import io.flotilla.agent.csi.v1.CreateVolumeRequest;
import io.flotilla.agent.csi.v1.CreateVolumeResponse;
import io.flotilla.agent.csi.v1.DeleteVolumeRequest;
import io.flotilla.agent.csi.v1.DeleteVolumeResponse;
import io.flotilla.agent.csi.v1.GetPluginCapabilitiesRequest;
import io.flotilla.agent.csi.v1.GetPluginCapabilitiesResponse;
import io.flotilla.agent.csi.v1.GetPluginInfoRequest;
import io.flotilla.agent.csi.v1.GetPluginInfoResponse;
import io.flotilla.agent.csi.v1.IdentityGrpc;
import io.flotilla.agent.csi.v1.NodeGetCapabilitiesRequest;
import io.flotilla.agent.csi.v1.NodeGetCapabilitiesResponse;
import io.flotilla.agent.csi.v1.NodeGetInfoRequest;
import io.flotilla.agent.csi.v1.NodeGetInfoResponse;
import io.flotilla.agent.csi.v1.NodeGrpc;
import io.flotilla.agent.csi.v1.NodePublishVolumeRequest;
import io.flotilla.agent.csi.v1.NodePublishVolumeResponse;
import io.flotilla.agent.csi.v1.NodeServiceCapability;
import io.flotilla.agent.csi.v1.NodeStageVolumeRequest;
import io.flotilla.agent.csi.v1.NodeStageVolumeResponse;
import io.flotilla.agent.csi.v1.NodeUnpublishVolumeRequest;
import io.flotilla.agent.csi.v1.NodeUnpublishVolumeResponse;
import io.flotilla.agent.csi.v1.NodeUnstageVolumeRequest;
import io.flotilla.agent.csi.v1.NodeUnstageVolumeResponse;
import io.flotilla.agent.csi.v1.PluginCapability;
import io.flotilla.agent.csi.v1.ProbeRequest;
import io.flotilla.agent.csi.v1.ProbeResponse;
import io.flotilla.agent.csi.v1.Topology;
import io.flotilla.agent.csi.v1.TopologyRequirement;
import io.flotilla.agent.csi.v1.Volume;
import io.flotilla.agent.csi.v1.VolumeCapability.AccessMode.Mode;
import io.flotilla.agent.image.content.Tree;
import io.flotilla.agent.runtime.linux.HostMounts;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A CSI plugin whose volumes are folders, mounted by bind mounts; several of them, as on several nodes, may have the same
 * folder. With an option {@code device} a volume is that device. A call fails while there is a file {@code fail-CALL} in the
 * folder ({@code fail-create}, {@code fail-delete}, {@code fail-controller-publish}, {@code fail-controller-unpublish},
 * {@code fail-stage}, {@code fail-unstage}, {@code fail-publish}, {@code fail-unpublish}, {@code fail-probe}), with what is in
 * the file as the reason; {@code SECRETS} there stands for the values the call was made with. With a file
 * {@code idle-publish} a volume is not mounted, although that is said.
 */
public final class FolderCsiPlugin implements AutoCloseable {
    public static final String DRIVER = "csi.example.org";

    private final Path folder;
    private final String node;
    private final Map<String, String> topology;
    private final EpollEventLoopGroup loops = new EpollEventLoopGroup(1);
    private final ExecutorService calls = Executors.newCachedThreadPool(
            Thread.ofPlatform().name("plugin-", 0).daemon().factory());
    private final Server server;
    private final Path socket;
    /** Which calls were made and of what, in order; such as "stage ID". */
    final List<String> called = new CopyOnWriteArrayList<>();

    volatile int mostVolumes;

    /** Usage: FolderCsiPlugin SOCKET FOLDER NODE [zone=z1 ...]; runs until it is killed. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Map<String, String> topology = new TreeMap<>();
        for (int i = 3; i < args.length; i++) {
            String[] segment = args[i].split("=", 2);
            topology.put(segment[0], segment[1]);
        }
        FolderCsiPlugin plugin = new FolderCsiPlugin(Path.of(args[0]), Path.of(args[1]), args[2], topology);
        System.out.println("ready");
        plugin.server.awaitTermination();
    }

    /**
     * Serves from here on.
     *
     * @param folder of the volumes
     * @param node what it calls this node
     * @param topology of this node; empty: it tells none
     */
    public FolderCsiPlugin(Path socket, Path folder, String node, Map<String, String> topology) throws IOException {
        this.folder = folder.toAbsolutePath();
        this.node = node;
        this.topology = Map.copyOf(topology);
        this.socket = socket;
        Files.createDirectories(this.folder.resolve("volumes"));
        Files.createDirectories(this.folder.resolve("publications"));
        Files.createDirectories(Objects.requireNonNull(socket.toAbsolutePath().getParent()));
        Files.deleteIfExists(socket);
        this.server = NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .executor(calls)
                .addService(new Identity())
                .addService(new Controller())
                .addService(new Node())
                .build()
                .start();
    }

    @Override
    public void close() throws IOException {
        server.shutdownNow();
        calls.shutdownNow();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        Files.deleteIfExists(socket);
    }

    /** What is in a volume. */
    public Path content(String volumeId) {
        return folder.resolve("volumes").resolve(volumeId);
    }

    private Path publication(String volumeId, String nodeId) {
        return folder.resolve("publications").resolve(volumeId + "@" + nodeId);
    }

    private List<Path> publications(String volumeId) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("publications"))) {
            return files.filter(file -> file.getFileName().toString().startsWith(volumeId + "@"))
                    .toList();
        }
    }

    private interface Work<R> {
        R done() throws IOException;
    }

    private <R> void answer(
            StreamObserver<R> to, String call, String about, Map<String, String> secrets, Work<R> work) {
        called.add((call + " " + about).strip());
        try {
            Path failing = folder.resolve("fail-" + call);
            if (Files.exists(failing)) {
                String reason = Files.readString(failing)
                        .strip()
                        .replace("SECRETS", secrets.values().toString());
                throw Status.INTERNAL.withDescription(reason).asRuntimeException();
            }
            to.onNext(work.done());
            to.onCompleted();
        } catch (StatusRuntimeException refused) {
            to.onError(refused);
        } catch (IOException failed) {
            to.onError(Status.INTERNAL.withDescription(failed.toString()).asRuntimeException());
        }
    }

    private Path present(String volumeId) {
        if (!Files.isDirectory(content(volumeId))) {
            throw Status.NOT_FOUND
                    .withDescription("there is no volume " + volumeId)
                    .asRuntimeException();
        }
        return content(volumeId);
    }

    private final class Identity extends IdentityGrpc.IdentityImplBase {
        @Override
        public void getPluginInfo(GetPluginInfoRequest request, StreamObserver<GetPluginInfoResponse> to) {
            answer(to, "info", "", Map.of(), () -> GetPluginInfoResponse.newBuilder()
                    .setName(DRIVER)
                    .setVendorVersion("1")
                    .build());
        }

        @Override
        public void getPluginCapabilities(
                GetPluginCapabilitiesRequest request, StreamObserver<GetPluginCapabilitiesResponse> to) {
            answer(to, "capabilities", "", Map.of(), () -> GetPluginCapabilitiesResponse.newBuilder()
                    .addCapabilities(capability(PluginCapability.Service.Type.CONTROLLER_SERVICE))
                    .addCapabilities(capability(PluginCapability.Service.Type.VOLUME_ACCESSIBILITY_CONSTRAINTS))
                    .build());
        }

        private static PluginCapability capability(PluginCapability.Service.Type type) {
            return PluginCapability.newBuilder()
                    .setService(PluginCapability.Service.newBuilder().setType(type))
                    .build();
        }

        @Override
        public void probe(ProbeRequest request, StreamObserver<ProbeResponse> to) {
            answer(to, "probe", "", Map.of(), ProbeResponse::getDefaultInstance);
        }
    }

    private final class Controller extends ControllerGrpc.ControllerImplBase {
        @Override
        public void createVolume(CreateVolumeRequest request, StreamObserver<CreateVolumeResponse> to) {
            answer(to, "create", request.getName(), request.getSecretsMap(), () -> {
                Files.createDirectories(content(request.getName()));
                Volume.Builder made = Volume.newBuilder()
                        .setVolumeId(request.getName())
                        .setCapacityBytes(request.getCapacityRange().getRequiredBytes())
                        .putAllVolumeContext(request.getParametersMap());
                TopologyRequirement where = request.getAccessibilityRequirements();
                if (where.getPreferredCount() > 0) {
                    made.addAccessibleTopology(where.getPreferred(0));
                } else if (where.getRequisiteCount() > 0) {
                    made.addAccessibleTopology(where.getRequisite(0));
                }
                return CreateVolumeResponse.newBuilder().setVolume(made).build();
            });
        }

        @Override
        public void deleteVolume(DeleteVolumeRequest request, StreamObserver<DeleteVolumeResponse> to) {
            answer(to, "delete", request.getVolumeId(), request.getSecretsMap(), () -> {
                if (!publications(request.getVolumeId()).isEmpty()) {
                    throw Status.FAILED_PRECONDITION
                            .withDescription("it is published: " + publications(request.getVolumeId()))
                            .asRuntimeException();
                }
                Tree.delete(content(request.getVolumeId()));
                return DeleteVolumeResponse.getDefaultInstance();
            });
        }

        @Override
        public void controllerPublishVolume(
                ControllerPublishVolumeRequest request, StreamObserver<ControllerPublishVolumeResponse> to) {
            answer(to, "controller-publish", request.getVolumeId(), request.getSecretsMap(), () -> {
                present(request.getVolumeId());
                Mode mode = request.getVolumeCapability().getAccessMode().getMode();
                Path publication = publication(request.getVolumeId(), request.getNodeId());
                boolean elsewhere =
                        publications(request.getVolumeId()).stream().anyMatch(other -> !other.equals(publication));
                if (elsewhere && (mode == Mode.SINGLE_NODE_WRITER || mode == Mode.SINGLE_NODE_READER_ONLY)) {
                    throw Status.FAILED_PRECONDITION
                            .withDescription("it is published already: " + publications(request.getVolumeId()))
                            .asRuntimeException();
                }
                Files.writeString(publication, "");
                return ControllerPublishVolumeResponse.newBuilder()
                        .putPublishContext(
                                "folder", content(request.getVolumeId()).toString())
                        .build();
            });
        }

        @Override
        public void controllerUnpublishVolume(
                ControllerUnpublishVolumeRequest request, StreamObserver<ControllerUnpublishVolumeResponse> to) {
            answer(to, "controller-unpublish", request.getVolumeId(), request.getSecretsMap(), () -> {
                for (Path publication : publications(request.getVolumeId())) {
                    if (request.getNodeId().isEmpty()
                            || publication.equals(publication(request.getVolumeId(), request.getNodeId()))) {
                        Files.delete(publication);
                    }
                }
                return ControllerUnpublishVolumeResponse.getDefaultInstance();
            });
        }

        @Override
        public void controllerGetCapabilities(
                ControllerGetCapabilitiesRequest request, StreamObserver<ControllerGetCapabilitiesResponse> to) {
            answer(to, "controller-capabilities", "", Map.of(), () -> ControllerGetCapabilitiesResponse.newBuilder()
                    .addCapabilities(capability(ControllerServiceCapability.RPC.Type.CREATE_DELETE_VOLUME))
                    .addCapabilities(capability(ControllerServiceCapability.RPC.Type.PUBLISH_UNPUBLISH_VOLUME))
                    .build());
        }

        private static ControllerServiceCapability capability(ControllerServiceCapability.RPC.Type type) {
            return ControllerServiceCapability.newBuilder()
                    .setRpc(ControllerServiceCapability.RPC.newBuilder().setType(type))
                    .build();
        }
    }

    private final class Node extends NodeGrpc.NodeImplBase {
        @Override
        public void nodeStageVolume(NodeStageVolumeRequest request, StreamObserver<NodeStageVolumeResponse> to) {
            answer(to, "stage", request.getVolumeId(), request.getSecretsMap(), () -> {
                present(request.getVolumeId());
                Path staging = Path.of(request.getStagingTargetPath());
                if (request.getVolumeCapability().hasMount()) {
                    bind(Path.of(request.getPublishContextOrThrow("folder")), staging, false);
                }
                return NodeStageVolumeResponse.getDefaultInstance();
            });
        }

        @Override
        public void nodeUnstageVolume(NodeUnstageVolumeRequest request, StreamObserver<NodeUnstageVolumeResponse> to) {
            answer(to, "unstage", request.getVolumeId(), Map.of(), () -> {
                HostMounts.unmount(Path.of(request.getStagingTargetPath()));
                return NodeUnstageVolumeResponse.getDefaultInstance();
            });
        }

        @Override
        public void nodePublishVolume(NodePublishVolumeRequest request, StreamObserver<NodePublishVolumeResponse> to) {
            answer(to, "publish", request.getVolumeId(), request.getSecretsMap(), () -> {
                Path target = Path.of(request.getTargetPath());
                if (Files.exists(folder.resolve("idle-publish"))) {
                    return NodePublishVolumeResponse.getDefaultInstance();
                }
                if (request.getVolumeCapability().hasMount()) {
                    Files.createDirectories(target);
                    bind(Path.of(request.getStagingTargetPath()), target, request.getReadonly());
                } else {
                    Files.writeString(target, "");
                    bind(Path.of(request.getVolumeContextOrThrow("device")), target, false);
                }
                return NodePublishVolumeResponse.getDefaultInstance();
            });
        }

        @Override
        public void nodeUnpublishVolume(
                NodeUnpublishVolumeRequest request, StreamObserver<NodeUnpublishVolumeResponse> to) {
            answer(to, "unpublish", request.getVolumeId(), Map.of(), () -> {
                Path target = Path.of(request.getTargetPath());
                HostMounts.unmount(target);
                Files.deleteIfExists(target);
                return NodeUnpublishVolumeResponse.getDefaultInstance();
            });
        }

        private static void bind(Path source, Path target, boolean readOnly) throws IOException {
            if (!HostMounts.below(target).contains(target)) {
                HostMounts.mount(source.toString(), target, "", readOnly ? List.of("bind", "ro") : List.of("bind"));
            }
        }

        @Override
        public void nodeGetCapabilities(
                NodeGetCapabilitiesRequest request, StreamObserver<NodeGetCapabilitiesResponse> to) {
            answer(to, "node-capabilities", "", Map.of(), () -> NodeGetCapabilitiesResponse.newBuilder()
                    .addCapabilities(NodeServiceCapability.newBuilder()
                            .setRpc(NodeServiceCapability.RPC
                                    .newBuilder()
                                    .setType(NodeServiceCapability.RPC.Type.STAGE_UNSTAGE_VOLUME)))
                    .build());
        }

        @Override
        public void nodeGetInfo(NodeGetInfoRequest request, StreamObserver<NodeGetInfoResponse> to) {
            answer(to, "node-info", "", Map.of(), () -> {
                NodeGetInfoResponse.Builder info =
                        NodeGetInfoResponse.newBuilder().setNodeId(node).setMaxVolumesPerNode(mostVolumes);
                if (!topology.isEmpty()) {
                    info.setAccessibleTopology(Topology.newBuilder().putAllSegments(topology));
                }
                return info.build();
            });
        }
    }
}
