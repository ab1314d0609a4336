package io.flotilla.gateway;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.node.NodeUsage;
import io.flotilla.bus.rpc.LoadImageReply;
import io.flotilla.bus.rpc.LogFrame;
import io.flotilla.bus.rpc.LogsRequest;
import io.flotilla.bus.rpc.StatsRequest;
import io.flotilla.bus.schema.Container;
import io.flotilla.bus.schema.ContainerTopResponse;
import io.flotilla.bus.schema.EventActor;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.bus.schema.Node;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.SystemInfo;
import io.flotilla.bus.schema.SystemInfoBuilder;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.gateway.error.ApiException;
import io.flotilla.gateway.rpc.AgentClients;
import io.flotilla.gateway.rpc.ManagerClient;
import io.flotilla.gateway.rpc.NodeClient;
import io.flotilla.gateway.rpc.NodeStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Managers and nodes that do what a test tells them, and a bus to publish the outcome on. */
final class FakeCluster implements ManagerClient, NodeClient {
    final SharedBus bus = new SharedBus();
    final List<Command> commands = new CopyOnWriteArrayList<>();
    final List<String> calls = new CopyOnWriteArrayList<>();
    final FakeContainers containers = new FakeContainers();
    final FakeVolumes volumes = new FakeVolumes(this);
    final Map<String, Lines> logs = new HashMap<>();
    Function<Command, Reply> answer = command -> new Reply.Done(index(), "x", List.of(), List.of(), handover());

    @Nullable
    ApiException failure;

    long loadedBytes;
    private long index;

    long index() {
        return index;
    }

    final FakeImages images = new FakeImages();

    AgentClients agents() {
        return new AgentClients(this, containers, images, volumes);
    }

    /** What commands about containers come with. */
    private static Reply.Handover handover() {
        Container container = Fixtures.plain(2, "x", "created");
        return new Reply.Handover(
                Fixtures.NODE,
                new Assignment.RunContainer(container.id(), Objects.requireNonNull(container.request()), List.of(), 0));
    }

    /** One batch of objects. */
    void put(StoreObject... objects) {
        index++;
        for (int i = 0; i < objects.length; i++) {
            StoreObject stamped = objects[i].stamped(new ObjectVersion(index));
            publish(stamped.kind().key(stamped.id()), Codec.JSON.encode(stamped), i == objects.length - 1);
        }
    }

    void remove(ObjectKind kind, String id) {
        index++;
        publish(kind.key(id), null, true);
    }

    void publish(String key, byte @Nullable [] value, boolean endOfBatch) {
        bus.publish(new OutRecord(Topic.OBJECTS, 0, key, value, index, endOfBatch))
                .join();
    }

    void event(String type, String action, String id, Map<String, String> attributes, long timeNanos) {
        EventMessage event = new EventMessage(
                type, action, new EventActor(id, attributes), "local", timeNanos / 1_000_000_000L, timeNanos);
        int partition = Topic.EVENTS.partitionOf(id);
        bus.publish(new OutRecord(Topic.EVENTS, partition, id, Codec.JSON.encode(event), 0, false))
                .join();
    }

    /** Frames of a log that may grow; closing ends it. */
    static final class Lines implements NodeStream<LogFrame> {
        private static final LogFrame END = LogFrame.getDefaultInstance();
        final BlockingQueue<LogFrame> frames = new LinkedBlockingQueue<>();
        volatile boolean closed;

        void add(int stream, long timeNanos, String line) {
            frames.add(LogFrame.newBuilder()
                    .setStream(stream)
                    .setTimeNanos(timeNanos)
                    .setLine(com.google.protobuf.ByteString.copyFromUtf8(line + "\n"))
                    .build());
        }

        void end() {
            frames.add(END);
        }

        @Override
        public @Nullable LogFrame next() {
            try {
                LogFrame frame = frames.take();
                return frame == END ? null : frame;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
        }

        @Override
        public void close() {
            closed = true;
            frames.add(END);
        }
    }

    @Override
    public Reply execute(Command command) {
        commands.add(command);
        return answer.apply(command);
    }

    private void called(String call) {
        calls.add(call);
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public SystemInfo info(Node node) {
        called("info");
        return SystemInfoBuilder.builder()
                .name("web1")
                .ncpu(2L)
                .memTotal(1L << 30)
                .build();
    }

    @Override
    public NodeUsage usage(Node node) {
        called("usage");
        return new NodeUsage(
                node.id(),
                1000,
                List.of(new NodeUsage.ImageUsage(Fixtures.IMAGE_ID, 1000, 0, 1)),
                List.of(new NodeUsage.ContainerUsage(Fixtures.containerId(2), 10, 1010)));
    }

    @Override
    public ContainerTopResponse top(Node node, String containerId, String psArguments) {
        called("top " + psArguments);
        return new ContainerTopResponse(List.of("PID", "CMD"), List.of(List.of("1", "sh")));
    }

    @Override
    public NodeStream<LogFrame> logs(Node node, LogsRequest request) {
        called("logs " + request.getTail());
        Lines lines = logs.get(request.getContainerId());
        if (lines == null) {
            throw ApiException.unavailable("node web1 does not answer");
        }
        return lines;
    }

    @Override
    public NodeStream<byte[]> stats(Node node, StatsRequest request) {
        called("stats " + request.getStream());
        return stream(List.of("{\"id\":\"a\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    @Override
    public NodeStream<LoadImageReply> load(Node node, InputStream archive) {
        called("load");
        try {
            loadedBytes = archive.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        LoadImageReply.Builder progress = LoadImageReply.newBuilder()
                .setProgress(com.google.protobuf.ByteString.copyFromUtf8("{\"status\":\"Loading layer\"}"));
        LoadImageReply.Builder loaded = LoadImageReply.newBuilder();
        loaded.getLoadedBuilder()
                .addImage(com.google.protobuf.ByteString.copyFrom(Codec.JSON.encode(
                        new io.flotilla.bus.node.LoadedImage(Fixtures.IMAGE_ID, List.of("busybox:latest")))));
        return stream(List.of(progress.build(), loaded.build()));
    }

    private static <T> NodeStream<T> stream(List<T> messages) {
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
    public void close() {
        bus.close();
    }
}
