package io.flotilla.gateway;

import com.google.protobuf.ByteString;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report.ContainerObserved;
import io.flotilla.bus.rpc.ArchivePart;
import io.flotilla.bus.rpc.AttachOptions;
import io.flotilla.bus.rpc.CommitRequest;
import io.flotilla.bus.rpc.PathRequest;
import io.flotilla.bus.rpc.RemoveRequest;
import io.flotilla.bus.rpc.ResizeRequest;
import io.flotilla.bus.rpc.SignalRequest;
import io.flotilla.bus.rpc.StartExecOptions;
import io.flotilla.bus.rpc.StopRequest;
import io.flotilla.bus.rpc.StreamFrame;
import io.flotilla.bus.rpc.WriteArchiveOptions;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerState;
import io.flotilla.bus.schema.Node;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.rpc.ContainerClient;
import io.flotilla.gateway.rpc.NodeSession;
import io.flotilla.gateway.rpc.NodeStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One node's containers, which do what a test tells them. */
final class FakeContainers implements ContainerClient {
    final List<String> calls = new CopyOnWriteArrayList<>();
    /** What is told of a container when something is done to it. */
    final Map<String, ContainerObserved> states = new ConcurrentHashMap<>();

    final Map<String, Watch> watches = new ConcurrentHashMap<>();
    final Session session = new Session();
    /** What an attach or an exec is given. */
    Supplier<Session> sessions = () -> session;

    @Nullable
    ApiException failure;

    byte[] archive = new byte[0];
    List<String> execIds = List.of();

    /** What the node sees of a container now. */
    static ContainerObserved seen(Container container, long observed, ContainerState state) {
        return new ContainerObserved(
                container.nodeId(),
                container.id(),
                container.taskId(),
                container.serviceId(),
                observed,
                container.inspect().withState(state));
    }

    private ContainerObserved did(String call, String containerId) {
        called(call);
        ContainerObserved state = states.get(containerId);
        return state == null
                ? FakeContainers.seen(Fixtures.container(1, "x", "created"), 0, Fixtures.state("created"))
                : state;
    }

    private void called(String call) {
        calls.add(call);
        if (failure != null) {
            throw new ApiException(failure.status(), failure.text(), failure);
        }
    }

    @Override
    public ContainerObserved converge(Node node, Assignment assignment, long index) {
        return did("converge " + index, assignment.id());
    }

    /** A stream a test feeds. */
    static class Fed<T> implements NodeStream<T> {
        final BlockingQueue<Supplier<@Nullable T>> messages = new LinkedBlockingQueue<>();
        volatile boolean closed;

        void feed(T message) {
            messages.add(() -> message);
        }

        void end() {
            messages.add(() -> null);
        }

        void fail(ApiException failure) {
            messages.add(() -> {
                throw failure;
            });
        }

        @Override
        public @Nullable T next() {
            try {
                return messages.take().get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
        }

        @Override
        public boolean ready() {
            return !messages.isEmpty();
        }

        @Override
        public void close() {
            closed = true;
            end();
        }
    }

    static final class Watch extends Fed<ContainerObserved> {}

    @Override
    public NodeStream<ContainerObserved> watch(Node node, String containerId) {
        called("watch");
        Watch watch = watches.get(containerId);
        if (watch == null) {
            throw ApiException.notFound("No such container: " + containerId);
        }
        return watch;
    }

    @Override
    public ContainerObserved stop(Node node, StopRequest request) {
        return did(
                "stop " + (request.hasTimeoutSeconds() ? request.getTimeoutSeconds() : "default"),
                request.getContainerId());
    }

    @Override
    public ContainerObserved restart(Node node, StopRequest request) {
        return did("restart " + request.getSignal(), request.getContainerId());
    }

    @Override
    public ContainerObserved kill(Node node, SignalRequest request) {
        return did("kill " + request.getSignal(), request.getContainerId());
    }

    @Override
    public ContainerObserved pause(Node node, String containerId) {
        return did("pause", containerId);
    }

    @Override
    public ContainerObserved unpause(Node node, String containerId) {
        return did("unpause", containerId);
    }

    @Override
    public void remove(Node node, RemoveRequest request) {
        called("remove " + request.getForce() + " " + request.getVolumes());
    }

    /** A session whose output a test feeds, and which keeps its input. */
    static final class Session extends Fed<StreamFrame> implements NodeSession {
        final ByteArrayOutputStream input = new ByteArrayOutputStream();
        volatile boolean inputClosed;

        /** One of a process that has ended: attached, and that is all. */
        static Session ended() {
            Session session = new Session();
            session.feed(StreamFrame.getDefaultInstance());
            session.end();
            return session;
        }

        void output(int stream, String text) {
            feed(StreamFrame.newBuilder()
                    .setStream(stream)
                    .setData(ByteString.copyFromUtf8(text))
                    .build());
        }

        synchronized String inputText() {
            return input.toString(StandardCharsets.UTF_8);
        }

        @Override
        public synchronized boolean write(byte[] bytes) {
            input.writeBytes(bytes);
            return !closed;
        }

        @Override
        public void closeInput() {
            inputClosed = true;
        }
    }

    @Override
    public NodeSession attach(Node node, AttachOptions options) {
        called("attach " + options.getStdin() + " " + options.getStdout() + " " + options.getStderr() + " "
                + options.getLogs() + " " + options.getStream());
        return sessions.get();
    }

    @Override
    public void resize(Node node, ResizeRequest request) {
        called("resize " + request.getHeight() + "x" + request.getWidth());
    }

    @Override
    public String createExec(Node node, String containerId, byte[] config) {
        called("exec " + new String(config, StandardCharsets.UTF_8));
        return "e1";
    }

    @Override
    public NodeSession startExec(Node node, StartExecOptions options) {
        called("start exec " + options.getExecId() + " " + options.getDetach() + " " + options.getHeight() + "x"
                + options.getWidth());
        return sessions.get();
    }

    @Override
    public void resizeExec(Node node, ResizeRequest request) {
        called("resize exec " + request.getHeight() + "x" + request.getWidth());
    }

    @Override
    public List<String> execIds(Node node, String containerId) {
        called("execs of " + containerId);
        return execIds;
    }

    @Override
    public byte[] inspectExec(Node node, String execId) {
        if (!execId.equals("e1")) {
            throw ApiException.notFound("No such exec instance: " + execId);
        }
        return "{\"ID\":\"e1\",\"Running\":false,\"OpenStdin\":true}".getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] changes(Node node, String containerId) {
        called("changes");
        return "[{\"Path\":\"/new\",\"Kind\":1}]".getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public NodeStream<byte[]> export(Node node, String containerId) {
        called("export");
        return pieces(List.of("some".getBytes(StandardCharsets.UTF_8), "tar".getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public byte[] stat(Node node, PathRequest request) {
        called("stat " + request.getPath());
        return "{\"name\":\"etc\"}".getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public NodeStream<ArchivePart> readArchive(Node node, PathRequest request) {
        called("read " + request.getPath());
        return pieces(List.of(
                ArchivePart.newBuilder()
                        .setStat(ByteString.copyFromUtf8("{\"name\":\"etc\"}"))
                        .build(),
                ArchivePart.newBuilder().setData(ByteString.copyFromUtf8("tar")).build()));
    }

    @Override
    public void writeArchive(Node node, WriteArchiveOptions options, InputStream body) throws IOException {
        called("write " + options.getPath() + " " + options.getNoOverwriteDirNonDir() + " " + options.getCopyUidGid());
        archive = body.readAllBytes();
    }

    @Override
    public byte[] commit(Node node, CommitRequest request) {
        called("commit " + request.getReference() + " " + request.getPause() + " " + request.getChangesList() + " "
                + request.getConfig().isEmpty());
        return Codec.JSON.encode(new io.flotilla.bus.node.LoadedImage(Fixtures.IMAGE_ID, List.of()));
    }

    private static <T> NodeStream<T> pieces(List<T> messages) {
        List<T> left = new ArrayList<>(messages);
        return new NodeStream<>() {
            @Override
            public @Nullable T next() {
                return left.isEmpty() ? null : left.removeFirst();
            }

            @Override
            public void close() {
                left.clear();
            }
        };
    }

    @Override
    public void close() {}
}
