package io.flotilla.manager.simulation;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.manager.control.Replica;
import io.flotilla.manager.raft.Leadership;
import io.flotilla.manager.raft.StateMachine;
import io.flotilla.manager.state.Batch;
import io.flotilla.manager.state.BatchCodec;
import io.flotilla.manager.state.ClusterState;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What must hold after every entry on every manager. The first breach is kept; the world then stops. */
final class Invariants {
    /** A run that goes wrong in one place often goes wrong in others: what came first tells. */
    private @Nullable Breach breach;

    final Tally tally;

    private final Entries entries = new Entries();

    private final Set<String> started = new HashSet<>();

    private final Set<String> servicesPlaced = new HashSet<>();
    private final Set<String> servicesFailed = new HashSet<>();

    Invariants(Tally tally) {
        this.tally = tally;
    }

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

    /** A task of a service got a node. @return whether it is the first of the service */
    boolean placedFirst(String serviceId) {
        return servicesPlaced.add(serviceId);
    }

    /** A task ended otherwise than it was told to: for some time no other is moved to its node. */
    void failed(String serviceId) {
        servicesFailed.add(serviceId);
    }

    boolean everFailed(String serviceId) {
        return servicesFailed.contains(serviceId);
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
                restored(managerId, replica.state());
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
        Entries.Made made = entries.at(index);
        if (made == null) {
            firstApplied(index, entry, before, after);
        } else {
            made.differenceTo(after)
                    .ifPresent(what -> fail(
                            "after index " + index + " " + managerId + " has another " + what
                                    + " than who applied it first",
                            null));
        }
    }

    /** What a state came to is looked at once: the others must have the same. */
    private void firstApplied(long index, byte[] entry, ClusterState before, ClusterState after) {
        if (after.changedIndex() != index) {
            entries.made(index, List.of(), after);
            return;
        }
        Batch batch;
        try {
            batch = BatchCodec.decode(entry);
        } catch (IOException e) {
            fail("entry " + index + " can't be read", e);
            return;
        }
        entries.made(index, batch.changes(), after);
        ChangedState changed = new ChangedState(before, after, batch.time(), this);
        batch.changes().forEach(change -> changed.look(change, index));
        changed.check();
    }

    /** A manager that starts again, or is far behind, has what the others had at that index. */
    private void restored(String managerId, ClusterState state) {
        entries.differenceAt(state)
                .ifPresent(what ->
                        fail(managerId + " is restored to index " + state.index() + " with another " + what, null));
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
