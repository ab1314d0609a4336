package io.flotilla.manager.simulation;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.PortConfig;
import io.flotilla.bus.schema.ResourceObject;
import io.flotilla.bus.schema.Service;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.control.Replica;
import io.flotilla.manager.orchestrator.ServiceModes;
import io.flotilla.manager.orchestrator.Slot;
import io.flotilla.manager.raft.Leadership;
import io.flotilla.manager.raft.StateMachine;
import io.flotilla.manager.state.Batch;
import io.flotilla.manager.state.BatchCodec;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What must hold after every entry on every manager. The first breach is kept; the world then stops. */
final class Invariants {
    /** SwarmKit's default: finished tasks kept for each slot. */
    private static final int HISTORY = 5;

    /** A slot's history is trimmed by a change of its own, so it may be over the limit by what ended meanwhile. */
    private static final int HISTORY_SLACK = 4;

    /** A run that goes wrong in one place often goes wrong in others: what came first tells. */
    private @Nullable Breach breach;

    /** Fingerprints of what each entry made, by index, from whichever manager applied it first. */
    private final Map<Long, Integer> made = new TreeMap<>();

    private final Set<String> started = new HashSet<>();

    record Breach(String what, @Nullable Throwable cause) {}

    @Nullable
    Breach breach() {
        return breach;
    }

    void fail(String what, @Nullable Throwable cause) {
        if (breach == null) {
            breach = new Breach(what, cause);
        }
    }

    /** A task's process is about to be started on its node, which may happen once. */
    void started(String taskId) {
        if (!started.add(taskId)) {
            fail("task " + taskId + " is started a second time", null);
        }
    }

    /** Ends the run at the first breach. */
    void check() {
        if (breach != null) {
            throw new Broken();
        }
    }

    static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** The replica's own state machine, looked at after each entry. */
    StateMachine watching(String managerId, Replica replica) {
        return new StateMachine() {
            @Override
            public void apply(long index, byte[] entry) {
                ClusterState before = replica.state();
                replica.apply(index, entry);
                applied(managerId, index, entry, before, replica.state());
            }

            @Override
            public SnapshotWriter captureSnapshot() {
                return replica.captureSnapshot();
            }

            @Override
            public void readSnapshot(long index, InputStream in) throws IOException {
                replica.readSnapshot(index, in);
            }

            @Override
            public void leaderChanged(Leadership leadership) {
                replica.leaderChanged(leadership);
            }

            @Override
            public void failed(Throwable cause) {
                replica.failed(cause);
            }
        };
    }

    private void applied(String managerId, long index, byte[] entry, ClusterState before, ClusterState after) {
        if (after.changedIndex() != index) {
            return;
        }
        Batch batch;
        try {
            batch = BatchCodec.decode(entry);
        } catch (IOException e) {
            fail("entry " + index + " can't be read", e);
            return;
        }
        Set<String> services = new HashSet<>();
        int print = 1;
        for (Change change : batch.changes()) {
            StoreObject was = before.find(change.kind(), change.id());
            StoreObject is = after.find(change.kind(), change.id());
            print = 31 * print + (is == null ? 0 : Arrays.hashCode(Codec.JSON.encode(is)));
            grows(was, is, index);
            serviceOf(was).ifPresent(services::add);
            serviceOf(is).ifPresent(services::add);
        }
        Integer other = made.putIfAbsent(index, print);
        if (other != null && other != print) {
            fail("index " + index + " is another on " + managerId + " than on who applied it first", null);
        }
        services.forEach(service -> slots(after, service));
        if (!services.isEmpty()) {
            nothingTwice(after);
        }
    }

    private static Optional<String> serviceOf(@Nullable StoreObject object) {
        return object instanceof Task task ? Optional.ofNullable(task.serviceId()) : Optional.empty();
    }

    private void grows(@Nullable StoreObject was, @Nullable StoreObject is, long index) {
        if (is != null && is.version().index() != index) {
            fail(is.kind() + " " + is.id() + " changed at " + index + " but says " + is.version(), null);
        }
        if (was instanceof Task old && is instanceof Task task) {
            if (task.state().compareTo(old.state()) < 0) {
                fail("task " + task.id() + " fell from " + old.state() + " to " + task.state(), null);
            }
            if (task.desiredState().compareTo(old.desiredState()) < 0) {
                fail("task " + task.id() + " is wanted again: " + task.desiredState(), null);
            }
        }
    }

    /** One live task in each slot, two while an update starts the new one first; no more finished ones than are kept. */
    private void slots(ClusterState state, String serviceId) {
        Service service = state.service(serviceId).orElse(null);
        for (Slot slot : Slot.allOf(state, serviceId).values()) {
            int live = slot.live().size();
            if (live > 2) {
                fail("slot " + slot.key() + " of " + serviceId + " has " + live + " live tasks", null);
            }
            if (service != null && slot.tasks().size() - live > HISTORY + HISTORY_SLACK) {
                fail(
                        "slot " + slot.key() + " of " + serviceId + " remembers "
                                + slot.tasks().size() + " tasks",
                        null);
            }
        }
        long running = state.tasksOfService(serviceId).stream()
                .filter(task -> Slot.isLive(task) && task.desiredState() == TaskState.RUNNING)
                .count();
        if (service != null
                && !ServiceModes.isGlobal(service)
                && running > 2 * Math.max(8, ServiceModes.replicas(service))) {
            fail(serviceId + " has " + running + " tasks that are to run", null);
        }
    }

    /** No node has more reserved than it has, no host port and no ingress port belongs to two. */
    private void nothingTwice(ClusterState state) {
        Map<String, Long> cpus = new HashMap<>();
        Map<String, String> hostPorts = new HashMap<>();
        for (Task task : state.tasks()) {
            if (task.nodeId() == null || Slot.isOver(task) || task.state().compareTo(TaskState.ASSIGNED) < 0) {
                continue;
            }
            SpecRevision revision = state.revision(
                            Objects.requireNonNull(task.serviceId()), Objects.requireNonNull(task.specVersion()))
                    .orElse(null);
            if (revision == null) {
                fail("task " + task.id() + " has no revision", null);
                return;
            }
            cpus.merge(task.nodeId(), reserved(revision), Long::sum);
            for (PortConfig port : ports(revision)) {
                String other = hostPorts.put(task.nodeId() + ":" + port.publishedPort(), task.id());
                if (other != null && port.publishMode() == PortConfig.PublishMode.HOST) {
                    fail(
                            "port " + port.publishedPort() + " of " + task.nodeId() + " has " + other + " and "
                                    + task.id(),
                            null);
                }
            }
        }
        cpus.forEach((node, nanos) -> {
            if (nanos > SimulatedAgent.CPUS) {
                fail("node " + node + " has " + nanos + " nano CPUs reserved", null);
            }
        });
        Set<Long> ingress = new HashSet<>();
        for (Service service : state.services()) {
            if (service.endpoint() == null) {
                continue;
            }
            service.endpoint().ports().stream()
                    .filter(port ->
                            port.publishMode() == PortConfig.PublishMode.INGRESS && port.publishedPort() != null)
                    .filter(port -> !ingress.add(port.publishedPort()))
                    .forEach(port -> fail("ingress port " + port.publishedPort() + " was given twice", null));
        }
    }

    private static long reserved(SpecRevision revision) {
        ResourceObject reservations = revision.spec().resources() == null
                ? null
                : revision.spec().resources().reservations();
        return reservations == null || reservations.nanoCpus() == null ? 0 : reservations.nanoCpus();
    }

    private static Iterable<PortConfig> ports(SpecRevision revision) {
        return revision.endpointSpec() == null
                ? Set.of()
                : revision.endpointSpec().ports().stream()
                        .filter(port -> port.publishMode() == PortConfig.PublishMode.HOST)
                        .toList();
    }

    /** Every object there is, for comparing managers at one index. */
    static Map<String, StoreObject> objects(ClusterState state) {
        Map<String, StoreObject> objects = new TreeMap<>();
        for (ObjectKind kind : ObjectKind.values()) {
            state.all(kind).forEach(object -> objects.put(kind.key(object.id()), object));
        }
        return objects;
    }
}
