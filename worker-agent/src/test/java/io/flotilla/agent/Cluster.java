package io.flotilla.agent;

import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.assignment.Assignment.Holder;
import io.flotilla.bus.assignment.Assignment.RunTask;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.ContainerInspectResponse;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.TaskSpec;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a manager would do to one node and see of it. */
public final class Cluster {
    private static final long TIMEOUT_MS = 20_000;

    private final LiveBus bus;
    private final String nodeId;
    private long index;

    public Cluster(LiveBus bus, String nodeId) {
        this.bus = bus;
        this.nodeId = nodeId;
    }

    public static RunTask task(
            String id, TaskSpec spec, @Nullable String image, TaskState desired, List<PortConfig> ports) {
        return new RunTask(
                id, "web.1." + id, "service1", "web", Map.of(), 1, spec, image, List.<Holder>of(), desired, ports);
    }

    public void assign(Assignment assignment) {
        publish(kind(assignment) + "/" + assignment.id(), Codec.JSON.encode(assignment));
    }

    public void withdraw(Assignment assignment) {
        publish(kind(assignment) + "/" + assignment.id(), null);
    }

    /** What a manager of another version might write. @param key KIND/ID */
    public void assignRaw(String key, String json) {
        publish(key, json.getBytes(StandardCharsets.UTF_8));
    }

    public void withdrawRaw(String key) {
        publish(key, null);
    }

    private static String kind(Assignment assignment) {
        return switch (assignment) {
            case RunTask task -> "task";
            case Assignment.RunContainer container -> "container";
            case Assignment.DropImage image -> "image";
            case Assignment.HoldValue value -> value.kind().jsonName();
            case Assignment.PublishVolume volume -> Assignment.PublishVolume.KIND;
            case Assignment.ControlVolume volume -> Assignment.ControlVolume.KIND;
        };
    }

    private void publish(String key, byte @Nullable [] value) {
        bus.publish(new OutRecord(
                        Topic.ASSIGNMENTS,
                        Topic.ASSIGNMENTS.partitionOf(nodeId),
                        nodeId + "/" + key,
                        value,
                        ++index,
                        false))
                .join();
    }

    public List<Report> reports() {
        return bus.published().stream()
                .filter(record -> record.topic() == Topic.REPORTS)
                .map(record -> decode(record, Report.class))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    public List<EventMessage> events() {
        return bus.published().stream()
                .filter(record -> record.topic() == Topic.EVENTS)
                .map(record -> decode(record, EventMessage.class))
                .toList();
    }

    public List<TaskStatus> statuses(String taskId) {
        List<TaskStatus> statuses = new ArrayList<>();
        for (Report report : reports()) {
            if (report instanceof Report.TaskObserved observed
                    && observed.taskId().equals(taskId)) {
                statuses.add(observed.status());
            }
        }
        return statuses;
    }

    /** Waits for a status of the task; fails with all that was reported when it does not come. */
    public TaskStatus await(String taskId, TaskState state) throws InterruptedException {
        return await(
                "task " + taskId + " to be " + state, here -> here.statuses(taskId), status -> status.state() == state);
    }

    public <T> T await(String what, Function<Cluster, List<T>> read, Predicate<T> wanted) throws InterruptedException {
        long end = System.nanoTime() + TIMEOUT_MS * 1_000_000;
        while (true) {
            int known = bus.published().size();
            for (T each : read.apply(this)) {
                if (wanted.test(each)) {
                    return each;
                }
            }
            long leftMs = (end - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0 || !bus.awaitMore(known, leftMs)) {
                List<Report> reports = reports();
                reports.removeIf(report -> !(report instanceof Report.TaskObserved));
                throw new AssertionError("waited in vain for " + what + "; reported: " + reports);
            }
        }
    }

    /** The last that was reported of the task's container. */
    public @Nullable ContainerInspectResponse container(String taskId) {
        ContainerInspectResponse last = null;
        for (Report report : reports()) {
            if (report instanceof Report.ContainerObserved observed && taskId.equals(observed.taskId())) {
                last = observed.inspect();
            }
        }
        return last;
    }

    private static <T> T decode(OutRecord record, Class<T> type) {
        try {
            byte[] value = record.value();
            if (value == null) {
                throw new AssertionError("a report without value");
            }
            return Codec.JSON.decode(value, type);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
