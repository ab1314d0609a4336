package io.flotilla.manager.simulation;

import com.fasterxml.jackson.core.JacksonException;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.bus.topic.Bus;
import io.flotilla.bus.topic.BusException;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.node.NodeLiveness;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A worker's host: an agent process that comes and goes, containers that outlive it, and a journal that outlives both. It keeps
 * the real agent's promises to the managers: states never fall, an ended task never runs again, everything is reported again
 * after an interruption, and what it is told late or twice does no harm.
 */
final class SimulatedAgent {
    private static final Duration LONGEST_START = Duration.ofMillis(300);
    private static final Duration LONGEST_STOP = Duration.ofMillis(500);
    private static final Duration RETRY = Duration.ofMillis(250);
    private static final Duration USAGE = Duration.ofSeconds(5);

    final String id;
    private final World world;
    private final SimulatedBus bus;
    private final Bus reportsTo;
    private final Map<String, HeldTask> journal = new LinkedHashMap<>();
    private final boolean losesJournal;
    private final SimulatedVolumes volumes;
    private @Nullable Process process;
    private int starts;
    private Duration clockAhead = Duration.ZERO;

    /** What a kill of the agent takes away. */
    private static final class Process {
        final Map<String, Report> outbox = new LinkedHashMap<>();
        final Map<String, Assignment.HoldValue> values = new TreeMap<>();
        boolean flushing;
        boolean interrupted;
    }

    SimulatedAgent(World world, String id, Mutation mutation) {
        this.world = world;
        this.id = id;
        this.bus = world.busOf(id);
        this.reportsTo = mutation.reports(bus, world);
        this.losesJournal = mutation.losesJournal();
        this.volumes = new SimulatedVolumes(
                world,
                id,
                volume -> journal.values().stream().anyMatch(held -> held.isUp() && held.has(volume)),
                () -> process != null && !process.interrupted && bus.hears(),
                (key, report) -> {
                    if (process != null) {
                        put(process, key, report);
                    }
                },
                this::stepAll);
    }

    SimulatedBus bus() {
        return bus;
    }

    boolean running() {
        return process != null;
    }

    Collection<HeldTask> held() {
        return journal.values();
    }

    long running(String serviceId) {
        return journal.values().stream()
                .filter(held ->
                        held.state == TaskState.RUNNING && held.serviceId().equals(serviceId))
                .count();
    }

    /** The secrets and configs it was given, by kind and ID. */
    Set<String> values() {
        return process == null ? Set.of() : process.values.keySet();
    }

    void start() {
        world.tell(id, "agent starts");
        Process now = new Process();
        process = now;
        starts++;
        int partition = Topic.ASSIGNMENTS.partitionOf(id);
        bus.subscribe(Topic.ASSIGNMENTS, Map.of(partition, new Bus.Position.Beginning()), new AssignmentReader(now));
        reportAll(now);
        journal.values().forEach(held -> step(now, held));
        beat(now, 0);
        measure(now);
    }

    /** kill -9 of the agent; its containers go on. */
    void crash() {
        if (process != null) {
            world.tell(id, "agent is killed");
            process = null;
            bus.close();
            volumes.stop();
            if (losesJournal) {
                journal.values().removeIf(held -> held.state.compareTo(TaskState.RUNNING) > 0);
            }
        }
    }

    /** The host loses power: what ran has ended when the agent is back. */
    void reboot() {
        crash();
        world.tell(id, "host reboots");
        world.storage.unmountAll(id);
        for (HeldTask held : journal.values()) {
            if (held.state.compareTo(TaskState.STARTING) >= 0 && held.state.compareTo(TaskState.RUNNING) <= 0) {
                held.state = TaskState.FAILED;
                held.err = "task: non-zero exit (255)";
            }
        }
    }

    /** How much its clock is before the true time. */
    void setClock(Duration ahead) {
        world.tell(id, "clock is ahead by " + ahead);
        clockAhead = ahead;
    }

    /** One of its processes ends by itself. */
    void kill(int pick) {
        List<HeldTask> running = journal.values().stream()
                .filter(held -> held.state == TaskState.RUNNING)
                .toList();
        if (!running.isEmpty()) {
            end(running.get(Math.floorMod(pick, running.size())), TaskState.FAILED, "task: non-zero exit (137)");
        }
    }

    private void end(HeldTask held, TaskState as, @Nullable String err) {
        world.tell(id, "task " + held.taskId() + " ends as " + as);
        held.state = as;
        held.err = err;
        Process now = process;
        if (now != null) {
            report(now, held);
            step(now, held);
            volumes.goOn();
        }
    }

    private void stepAll() {
        if (process != null) {
            Process now = process;
            journal.values().forEach(held -> step(now, held));
        }
    }

    private void reportAll(Process now) {
        put(now, "node", SimulatedNode.described(id, session()));
        journal.values().forEach(held -> report(now, held));
        volumes.reportAll();
        volumes.goOn();
    }

    private String session() {
        return "s" + starts;
    }

    /** Every task has its part of what is asked of its service. */
    private void measure(Process now) {
        world.after(USAGE, () -> {
            if (process != now) {
                return;
            }
            List<Report.TasksUsed.Usage> usages = journal.values().stream()
                    .filter(HeldTask::isMeasured)
                    .map(this::usage)
                    .toList();
            if (!usages.isEmpty()) {
                put(now, "usage", new Report.TasksUsed(id, usages));
            }
            measure(now);
        });
    }

    private Report.TasksUsed.Usage usage(HeldTask held) {
        double share = (double) ServiceShape.demand(held.task.spec()) / world.running(held.serviceId());
        boolean counted = held.task.serviceLabels().containsKey(Report.TasksUsed.REQUESTS);
        return new Report.TasksUsed.Usage(
                held.taskId(), (long) (share * 10_000_000), (long) (share * (1 << 20)), counted ? share : null);
    }

    private void report(Process now, HeldTask held) {
        put(
                now,
                held.taskId(),
                new Report.TaskObserved(
                        id,
                        held.taskId(),
                        new TaskStatus(
                                world.now().plus(clockAhead),
                                held.state,
                                held.state.name().toLowerCase(java.util.Locale.ROOT),
                                held.err,
                                null,
                                null)));
    }

    private void beat(Process now, long sequence) {
        world.after(NodeLiveness.BEAT, () -> {
            if (process == now) {
                put(now, "beat", new Report.Heartbeat(id, session(), sequence));
                beat(now, sequence + 1);
            }
        });
    }

    /** Levels: a later report of the same thing replaces one that could not be sent yet. */
    private void put(Process now, String key, Report report) {
        now.outbox.remove(key);
        now.outbox.put(key, report);
        if (!now.flushing) {
            now.flushing = true;
            world.after(world.within(Duration.ofMillis(2)), () -> flush(now));
        }
    }

    private void flush(Process now) {
        if (process != now) {
            return;
        }
        for (Map.Entry<String, Report> next : List.copyOf(now.outbox.entrySet())) {
            CompletableFuture<Long> sent = reportsTo.publish(new OutRecord(
                    Topic.REPORTS, Topic.REPORTS.partitionOf(id), id, Codec.JSON.encode(next.getValue()), 0, false));
            if (sent.isCompletedExceptionally()) {
                now.interrupted = true;
                world.after(RETRY, () -> flush(now));
                return;
            }
            now.outbox.remove(next.getKey());
        }
        now.flushing = false;
        if (now.interrupted) {
            now.interrupted = false;
            reportAll(now);
        }
    }

    /** Brings a task to its next state after the time that takes. */
    private void step(Process now, HeldTask held) {
        if (held.stepping || next(now, held) == null && !mayForget(held)) {
            return;
        }
        held.stepping = true;
        Duration takes = world.within(held.toBeStopped() ? LONGEST_STOP : LONGEST_START);
        world.after(takes, () -> {
            held.stepping = false;
            if (process != now) {
                return;
            }
            if (mayForget(held)) {
                journal.remove(held.taskId());
                return;
            }
            TaskState next = next(now, held);
            if (next != null) {
                reach(now, held, next);
                step(now, held);
            }
        });
    }

    private void reach(Process now, HeldTask held, TaskState next) {
        held.state = next;
        if (next == TaskState.STARTING) {
            world.invariants.started(held.taskId());
            held.task.volumes().forEach(volume -> startsWith(held, volume.id()));
        }
        if (next.compareTo(TaskState.RUNNING) > 0) {
            volumes.goOn();
        }
        if (next == TaskState.RUNNING) {
            Fate fate = Fate.of(held.task.spec());
            fate.endOf(world)
                    .ifPresent(end -> world.after(end.after(), () -> {
                        if (held.state == TaskState.RUNNING && journal.get(held.taskId()) == held) {
                            end(held, end.as(), end.as() == TaskState.COMPLETE ? null : "task: non-zero exit (1)");
                        }
                    }));
        }
        report(now, held);
    }

    /** No more containers have a volume, on whatever host, than it is for. */
    private void startsWith(HeldTask held, String volumeId) {
        Assignment.PublishVolume publish = volumes.wanted(volumeId);
        if (publish == null || !volumes.isThere(volumeId)) {
            world.invariants.fail("task " + held.taskId() + " starts without its volume " + volumeId, null);
            return;
        }
        List<HeldTask> others = world.agents().stream()
                .flatMap(agent -> agent.held().stream())
                .filter(other -> other != held && other.isUp() && other.has(volumeId))
                .toList();
        boolean tooMany =
                switch (Objects.requireNonNull(publish.accessMode().sharing())) {
                    case NONE -> !others.isEmpty();
                    case ONE_WRITER -> !held.reads() && others.stream().anyMatch(other -> !other.reads());
                    case READ_ONLY -> !held.reads();
                    case ALL -> false;
                };
        if (tooMany) {
            world.invariants.fail(
                    "task " + held.taskId() + " starts with volume " + publish.name() + ", which "
                            + others.stream().map(HeldTask::taskId).toList() + " has",
                    null);
        }
    }

    private static boolean mayForget(HeldTask held) {
        return held.withdrawn && held.state.compareTo(TaskState.RUNNING) > 0;
    }

    private @Nullable TaskState next(Process now, HeldTask held) {
        if (held.state.compareTo(TaskState.RUNNING) > 0) {
            return null;
        }
        if (held.toBeStopped()) {
            return TaskState.SHUTDOWN;
        }
        return switch (held.state) {
            case ASSIGNED -> TaskState.ACCEPTED;
            case ACCEPTED -> TaskState.PREPARING;
            case PREPARING -> prepared(now, held);
            case READY ->
                held.task.desiredState().compareTo(TaskState.RUNNING) >= 0 && hasVolumes(held)
                        ? TaskState.STARTING
                        : null;
            case STARTING -> TaskState.RUNNING;
            default -> null;
        };
    }

    private boolean hasVolumes(HeldTask held) {
        return held.task.volumes().stream().allMatch(volume -> volumes.isThere(volume.id()));
    }

    /** With everything it is given, or not at all. */
    private static @Nullable TaskState prepared(Process now, HeldTask held) {
        if (held.values().anyMatch(value -> !now.values.containsKey(value))) {
            return null;
        }
        boolean has = held.values()
                .allMatch(value -> Objects.requireNonNull(now.values.get(value)).problem() == null);
        return has ? TaskState.READY : TaskState.REJECTED;
    }

    private void take(Process now, String key, Assignment.@Nullable HoldValue value) {
        if (value == null) {
            now.values.remove(key);
        } else {
            now.values.put(key, value);
            journal.values().forEach(held -> step(now, held));
        }
    }

    private void take(Process now, String taskId, Assignment.@Nullable RunTask task, long index) {
        HeldTask known = journal.get(taskId);
        if (known == null) {
            if (task == null) {
                return;
            }
            known = new HeldTask(task, index);
            journal.put(taskId, known);
        } else if (index > known.index) {
            known.index = index;
            known.withdrawn = task == null;
            if (task != null) {
                known.task = task;
            }
        }
        step(now, known);
    }

    /** As the real one: of what was there at the beginning only the last record of each key counts. */
    private final class AssignmentReader implements Bus.Reader {
        private static final String TASK = "task/";
        private static final String PUBLISH = Assignment.PublishVolume.KIND + "/";
        private static final String CONTROL = Assignment.ControlVolume.KIND + "/";

        private final Process now;
        private @Nullable Map<String, InRecord> backlog = new LinkedHashMap<>();

        AssignmentReader(Process now) {
            this.now = now;
        }

        @Override
        public void read(List<InRecord> records) {
            for (InRecord record : records) {
                if (!record.key().startsWith(id + "/")) {
                    continue;
                }
                if (backlog == null) {
                    take(record);
                } else {
                    backlog.put(record.key(), record);
                }
            }
        }

        @Override
        public void caughtUp() {
            Map<String, InRecord> read = backlog;
            backlog = null;
            if (read != null) {
                read.values().forEach(this::take);
            }
            volumes.caughtUp();
        }

        private void take(InRecord record) {
            byte[] value = record.value();
            String key = record.key().substring(id.length() + 1);
            try {
                Assignment assignment = value == null ? null : Codec.JSON.decode(value, Assignment.class);
                if (key.startsWith(TASK)) {
                    SimulatedAgent.this.take(
                            now, key.substring(TASK.length()), (Assignment.RunTask) assignment, record.index());
                } else if (key.startsWith(PUBLISH)) {
                    volumes.take(key.substring(PUBLISH.length()), (Assignment.PublishVolume) assignment);
                } else if (key.startsWith(CONTROL)) {
                    volumes.take(key.substring(CONTROL.length()), (Assignment.ControlVolume) assignment);
                } else {
                    SimulatedAgent.this.take(now, key, (Assignment.HoldValue) assignment);
                }
            } catch (JacksonException e) {
                world.invariants.fail("an assignment can't be read: " + e.getMessage(), e);
            } catch (IOException e) {
                world.invariants.fail("an assignment can't be read: " + e.getMessage(), e);
            }
        }

        @Override
        public void interrupted(BusException reason) {
            now.interrupted = true;
        }

        @Override
        public void failed(Throwable cause) {
            world.invariants.fail(id + " stopped reading: " + cause, cause);
        }
    }
}
