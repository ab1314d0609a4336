package io.flotilla.manager;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.command.Command;
import io.flotilla.bus.command.Reply;
import io.flotilla.bus.memory.MemoryBus;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.ContainerConfigBuilder;
import io.flotilla.bus.schema.ContainerInspectResponseBuilder;
import io.flotilla.bus.schema.ContainerRequest;
import io.flotilla.bus.schema.ContainerSpecBuilder;
import io.flotilla.bus.schema.ContainerStateBuilder;
import io.flotilla.bus.schema.HostConfigBuilder;
import io.flotilla.bus.schema.NodeDescription;
import io.flotilla.bus.schema.NodeSpec;
import io.flotilla.bus.schema.Platform;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.ServiceMode;
import io.flotilla.bus.schema.ServiceSpec;
import io.flotilla.bus.schema.ServiceSpecBuilder;
import io.flotilla.bus.schema.TaskSpecBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.bus.seal.NodeKey;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.control.Canary;
import io.flotilla.manager.control.Controller;
import io.flotilla.manager.control.Replica;
import io.flotilla.manager.control.core.ControlCore;
import io.flotilla.manager.dispatch.AppliedLog;
import io.flotilla.manager.dispatch.Dispatcher;
import io.flotilla.manager.raft.ConsensusLog;
import io.flotilla.manager.raft.Member;
import io.flotilla.manager.raft.MemoryGroup;
import io.flotilla.manager.seal.CommandSeal;
import io.flotilla.manager.seal.DataKeys;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.Ids;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/** Managers on a log and a bus in memory, stepped by a test: no thread, no clock but the test's. */
public final class StepManagers {
    public final MemoryBus bus = new MemoryBus(this::now);
    public final MemoryGroup group;
    public final Map<String, One> running = new LinkedHashMap<>();
    /** Everything published on the topics a client reads, as it came. */
    public final List<InRecord> published = new ArrayList<>();

    /** Every node's. */
    public static final NodeKey NODE_KEY = NodeKey.of(new byte[] {
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
        31, 32
    });

    public final DataKeys keys = DataKeys.of(new byte[32]);
    private final CommandSeal seal = new CommandSeal(keys);
    private final Random random = new Random(7);
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    public StepManagers() {
        this(1_000_000);
    }

    public StepManagers(int snapshotThreshold) {
        group = new MemoryGroup(snapshotThreshold);
        for (Topic topic : List.of(Topic.OBJECTS, Topic.ASSIGNMENTS, Topic.EVENTS)) {
            Map<Integer, io.flotilla.bus.topic.Bus.Position> all = new LinkedHashMap<>();
            IntStream.range(0, topic.partitions())
                    .forEach(p -> all.put(p, new io.flotilla.bus.topic.Bus.Position.Beginning()));
            bus.subscribe(topic, all, new io.flotilla.bus.topic.Bus.Reader() {
                @Override
                public void read(List<InRecord> records) {
                    published.addAll(records);
                }

                @Override
                public void failed(Throwable cause) {
                    throw new AssertionError(cause);
                }
            });
        }
    }

    /** One manager's parts. */
    public final class One {
        public final String id;
        public final Replica replica;
        public final Controller controller;
        public final Dispatcher dispatcher;
        public final ConsensusLog log;
        public final List<Throwable> bugs = new ArrayList<>();
        private final Canary canary;

        One(String id) {
            this.id = id;
            AppliedLog applied = new AppliedLog();
            AtomicReference<Controller> target = new AtomicReference<>();
            replica = new Replica(
                    applied,
                    leadership -> java.util.Objects.requireNonNull(target.get()).leaderChanged(leadership),
                    bugs::add);
            dispatcher = new Dispatcher(bus, applied, replica::state, keys, this::commits);
            log = group.start(new Member(id, id + ":1"), replica);
            controller = new Controller(
                    log,
                    replica::state,
                    bus,
                    () -> new ControlCore(id, ControlLoops.standard(), new Ids(random)),
                    StepManagers.this::now,
                    dispatcher::lead,
                    bugs::add);
            target.set(controller);
            canary = new Canary(bus, id);
        }

        private long commits() {
            return controller.commits();
        }

        public ClusterState state() {
            return replica.state();
        }

        public Reply ask(Command command) {
            CompletableFuture<Reply> reply =
                    controller.execute(seal.sealed(command)).thenApply(seal::disclosed);
            run();
            assertThat(reply).as("%s", command).isCompleted();
            return reply.join();
        }

        public Reply.Done done(Command command) {
            return (Reply.Done)
                    assertThat(ask(command)).isInstanceOf(Reply.Done.class).actual();
        }

        public String refused(Command command) {
            Reply reply = ask(command);
            assertThat(reply).isInstanceOf(Reply.Refused.class);
            return ((Reply.Refused) reply).refusal().message();
        }
    }

    public Instant now() {
        return now;
    }

    public One start(String id) {
        One one = new One(id);
        running.put(id, one);
        return one;
    }

    /** A manager that leads, alone. */
    public static One single(StepManagers managers) {
        One one = managers.start("m1");
        managers.group.elect("m1");
        managers.run();
        return one;
    }

    public void crash(String id) {
        running.remove(id);
        group.crash(id);
    }

    /** Until nobody has anything left to do at this moment. */
    public void run() {
        boolean progress = true;
        while (progress) {
            group.run();
            progress = bus.deliver();
            for (One one : running.values()) {
                progress |= one.controller.step();
                group.run();
                progress |= one.dispatcher.step();
                assertThat(one.bugs).isEmpty();
            }
        }
    }

    /** Time passes in steps of a beat; the leader's canary sings, the nodes' hearts beat. */
    public void pass(Duration time, String... alive) {
        Instant until = now.plus(time);
        while (now.isBefore(until)) {
            now = now.plusSeconds(1);
            running.values().stream().filter(one -> one.controller.leads()).forEach(one -> one.canary.beat());
            for (String node : alive) {
                report(new Report.Heartbeat(node, "s", 1));
            }
            run();
        }
    }

    public void report(Report report) {
        bus.publish(new OutRecord(
                        Topic.REPORTS,
                        Topic.REPORTS.partitionOf(report.nodeId()),
                        report.nodeId(),
                        Codec.JSON.encode(report),
                        0,
                        false))
                .join();
    }

    public void describe(String nodeId, NodeSpec.Role role) {
        report(new Report.NodeDescribed(
                nodeId,
                "s",
                new NodeDescription(
                        nodeId + "-host",
                        new Platform("x86_64", "linux"),
                        new ResourceObject(4_000_000_000L, 8L << 30, List.of()),
                        null,
                        null,
                        List.of()),
                "10.1.1.1:7000",
                role,
                null,
                NODE_KEY.publicKey()));
        run();
    }

    public void loadImage(String nodeId, String imageId, String... names) {
        report(new Report.ImageLoaded(
                nodeId,
                imageId,
                List.of(names),
                JsonNodeFactory.instance.objectNode(),
                List.of(),
                1_000,
                List.of(1_000L),
                now,
                false));
        run();
    }

    public void observe(String nodeId, String taskId, TaskState state) {
        report(new Report.TaskObserved(nodeId, taskId, new TaskStatus(now, state, "as told", null, null, null)));
        run();
    }

    /** A swarm of one node, m1, which is also the manager. */
    public One swarm() {
        One one = single(this);
        describe("m1", NodeSpec.Role.MANAGER);
        one.done(new Command.InitSwarm("m1", null, "10.1.1.1", List.of(), 0, false));
        return one;
    }

    public static ServiceSpec service(String name, long replicas) {
        return ServiceSpecBuilder.builder()
                .name(name)
                .mode(new ServiceMode(new ServiceMode.Replicated(replicas), null, null, null))
                .taskTemplate(TaskSpecBuilder.builder()
                        .containerSpec(
                                ContainerSpecBuilder.builder().image("busybox").build())
                        .build())
                .build();
    }

    /** A container that is asked for as `docker create --name NAME busybox` does. */
    public static ContainerRequest container(String name) {
        return new ContainerRequest(
                name,
                ContainerConfigBuilder.builder().image("busybox").build(),
                HostConfigBuilder.builder().build(),
                Map.of(),
                null);
    }

    public static Command.CreateContainer create(ContainerRequest request) {
        return new Command.CreateContainer(request, null, "m1");
    }

    /** A node tells how a container of no service is. */
    public void see(String nodeId, String containerId, long observed, String status) {
        report(new Report.ContainerObserved(
                nodeId,
                containerId,
                null,
                null,
                observed,
                ContainerInspectResponseBuilder.builder()
                        .id(containerId)
                        .name("/as-the-node-knows-it")
                        .state(ContainerStateBuilder.builder()
                                .status(status)
                                .running(status.equals("running"))
                                .build())
                        .build()));
        run();
    }

    public List<String> keys(Topic topic) {
        return published.stream()
                .filter(r -> r.topic() == topic)
                .map(InRecord::key)
                .toList();
    }

    public List<String> events() {
        return published.stream()
                .filter(record -> record.topic() == Topic.EVENTS)
                .map(StepManagers::json)
                .map(event -> event.get("Type").asText() + " "
                        + event.get("Action").asText() + " "
                        + event.path("Actor").path("Attributes").path("name").asText())
                .toList();
    }

    /** What a reader of a compacted topic knows in the end: key to value. */
    public Map<String, JsonNode> shown(Topic topic) {
        Map<String, JsonNode> shown = new LinkedHashMap<>();
        for (InRecord record : published) {
            if (record.topic() == topic && record.value() == null) {
                shown.remove(record.key());
            } else if (record.topic() == topic && !(topic == Topic.OBJECTS && isPosition(record))) {
                shown.put(record.key(), json(record));
            }
        }
        return shown;
    }

    /** Tells how far publishing has come; is no object. */
    public static boolean isPosition(InRecord record) {
        return record.key().equals("_dispatch/position");
    }

    public static JsonNode json(InRecord record) {
        try {
            return Codec.JSON.mapper().readTree(record.value());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
