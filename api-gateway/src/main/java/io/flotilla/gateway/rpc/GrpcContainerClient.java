package io.flotilla.gateway.rpc;

import com.google.protobuf.ByteString;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report.ContainerObserved;
import io.flotilla.bus.rpc.ArchivePart;
import io.flotilla.bus.rpc.AttachOptions;
import io.flotilla.bus.rpc.AttachRequest;
import io.flotilla.bus.rpc.CommitRequest;
import io.flotilla.bus.rpc.ContainerRef;
import io.flotilla.bus.rpc.ContainerServiceGrpc;
import io.flotilla.bus.rpc.ContainerServiceGrpc.ContainerServiceBlockingStub;
import io.flotilla.bus.rpc.ConvergeRequest;
import io.flotilla.bus.rpc.CreateExecRequest;
import io.flotilla.bus.rpc.Empty;
import io.flotilla.bus.rpc.ExecRef;
import io.flotilla.bus.rpc.Observation;
import io.flotilla.bus.rpc.PathRequest;
import io.flotilla.bus.rpc.RemoveRequest;
import io.flotilla.bus.rpc.ResizeRequest;
import io.flotilla.bus.rpc.SignalRequest;
import io.flotilla.bus.rpc.StartExecOptions;
import io.flotilla.bus.rpc.StartExecRequest;
import io.flotilla.bus.rpc.StopRequest;
import io.flotilla.bus.rpc.WriteArchiveOptions;
import io.flotilla.bus.rpc.WriteArchiveRequest;
import io.flotilla.bus.schema.Node;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** ContainerService by gRPC. */
final class GrpcContainerClient implements ContainerClient {
    /** For what a node does by itself. */
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    /** A node may have to take the image from another first. */
    private static final Duration CONVERGE_DEADLINE = Duration.ofMinutes(10);

    private static final Duration COMMIT_DEADLINE = Duration.ofMinutes(30);
    private static final int CHUNK_BYTES = 128 << 10;

    private final NodeChannels channels;

    GrpcContainerClient(NodeChannels channels) {
        this.channels = channels;
    }

    @Override
    public ContainerObserved converge(Node node, Assignment assignment, long index) {
        ConvergeRequest request = ConvergeRequest.newBuilder()
                .setAssignment(ByteString.copyFrom(Codec.JSON.encode(assignment)))
                .setIndex(index)
                .build();
        return observation(node, ask(node, CONVERGE_DEADLINE, stub -> stub.converge(request)));
    }

    @Override
    public NodeStream<ContainerObserved> watch(Node node, String containerId) {
        return stream(node, ContainerServiceGrpc.getWatchContainerMethod())
                .ask(ref(containerId))
                .map(observation -> observation(node, observation));
    }

    @Override
    public ContainerObserved stop(Node node, StopRequest request) {
        // the container's own grace time decides; the node kills after it, so the call ends
        return observation(node, ask(node, null, stub -> stub.stopContainer(request)));
    }

    @Override
    public ContainerObserved restart(Node node, StopRequest request) {
        return observation(node, ask(node, null, stub -> stub.restartContainer(request)));
    }

    @Override
    public ContainerObserved kill(Node node, SignalRequest request) {
        return observation(node, ask(node, DEADLINE, stub -> stub.killContainer(request)));
    }

    @Override
    public ContainerObserved pause(Node node, String containerId) {
        return observation(node, ask(node, DEADLINE, stub -> stub.pauseContainer(ref(containerId))));
    }

    @Override
    public ContainerObserved unpause(Node node, String containerId) {
        return observation(node, ask(node, DEADLINE, stub -> stub.unpauseContainer(ref(containerId))));
    }

    @Override
    public void remove(Node node, RemoveRequest request) {
        var _ = ask(node, null, stub -> stub.removeContainer(request));
    }

    @Override
    public NodeSession attach(Node node, AttachOptions options) {
        GrpcStream<AttachRequest, io.flotilla.bus.rpc.StreamFrame> stream =
                stream(node, ContainerServiceGrpc.getAttachMethod());
        var _ = stream.send(AttachRequest.newBuilder().setOptions(options).build());
        return new GrpcSession<>(
                stream,
                input -> AttachRequest.newBuilder().setStdin(input).build(),
                AttachRequest.newBuilder().setStdinClosed(true).build());
    }

    @Override
    public void resize(Node node, ResizeRequest request) {
        var _ = ask(node, DEADLINE, stub -> stub.resizeContainer(request));
    }

    @Override
    public String createExec(Node node, String containerId, byte[] config) {
        CreateExecRequest request = CreateExecRequest.newBuilder()
                .setContainerId(containerId)
                .setConfig(ByteString.copyFrom(config))
                .build();
        return ask(node, DEADLINE, stub -> stub.createExec(request)).getExecId();
    }

    @Override
    public NodeSession startExec(Node node, StartExecOptions options) {
        GrpcStream<StartExecRequest, io.flotilla.bus.rpc.StreamFrame> stream =
                stream(node, ContainerServiceGrpc.getStartExecMethod());
        var _ = stream.send(StartExecRequest.newBuilder().setOptions(options).build());
        return new GrpcSession<>(
                stream,
                input -> StartExecRequest.newBuilder().setStdin(input).build(),
                StartExecRequest.newBuilder().setStdinClosed(true).build());
    }

    @Override
    public void resizeExec(Node node, ResizeRequest request) {
        var _ = ask(node, DEADLINE, stub -> stub.resizeExec(request));
    }

    @Override
    public List<String> execIds(Node node, String containerId) {
        ContainerRef ref = ContainerRef.newBuilder().setContainerId(containerId).build();
        return List.copyOf(ask(node, DEADLINE, stub -> stub.listExecs(ref)).getExecIdList());
    }

    @Override
    public byte[] inspectExec(Node node, String execId) {
        ExecRef ref = ExecRef.newBuilder().setExecId(execId).build();
        return ask(node, DEADLINE, stub -> stub.inspectExec(ref)).getJson().toByteArray();
    }

    @Override
    public byte[] changes(Node node, String containerId) {
        return ask(node, DEADLINE, stub -> stub.changes(ref(containerId)))
                .getJson()
                .toByteArray();
    }

    @Override
    public NodeStream<byte[]> export(Node node, String containerId) {
        return stream(node, ContainerServiceGrpc.getExportMethod())
                .ask(ref(containerId))
                .map(chunk -> chunk.getData().toByteArray());
    }

    @Override
    public byte[] stat(Node node, PathRequest request) {
        return ask(node, DEADLINE, stub -> stub.statPath(request)).getJson().toByteArray();
    }

    @Override
    public NodeStream<ArchivePart> readArchive(Node node, PathRequest request) {
        return stream(node, ContainerServiceGrpc.getReadArchiveMethod()).ask(request);
    }

    @Override
    public void writeArchive(Node node, WriteArchiveOptions options, InputStream archive) throws IOException {
        try (GrpcStream<WriteArchiveRequest, Empty> stream =
                stream(node, ContainerServiceGrpc.getWriteArchiveMethod())) {
            boolean taken = stream.send(
                    WriteArchiveRequest.newBuilder().setOptions(options).build());
            byte[] buffer = new byte[CHUNK_BYTES];
            for (int read = 0; taken && read >= 0; read = archive.read(buffer)) {
                taken = read == 0
                        || stream.send(WriteArchiveRequest.newBuilder()
                                .setData(ByteString.copyFrom(buffer, 0, read))
                                .build());
            }
            stream.sent();
            // a node that refuses does not wait for the rest
            var _ = stream.next();
        }
    }

    @Override
    public byte[] commit(Node node, CommitRequest request) {
        return ask(node, COMMIT_DEADLINE, stub -> stub.commit(request))
                .getJson()
                .toByteArray();
    }

    private static ContainerRef ref(String containerId) {
        return ContainerRef.newBuilder().setContainerId(containerId).build();
    }

    private static ContainerObserved observation(Node node, Observation observation) {
        return NodeChannels.decode(node, observation.getReport().toByteArray(), ContainerObserved.class);
    }

    private <T> T ask(Node node, @Nullable Duration deadline, Function<ContainerServiceBlockingStub, T> call) {
        return NodeChannels.ask(node, ContainerServiceGrpc.newBlockingStub(channels.to(node)), deadline, call);
    }

    private <Q, T> GrpcStream<Q, T> stream(Node node, MethodDescriptor<Q, T> method) {
        return GrpcStream.start(channels.to(node), method, NodeChannels.name(node));
    }

    @Override
    public void close() {
        channels.close();
    }
}
