package io.flotilla.manager.state;

import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.Task;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One turn of the manager's event thread: what gathered since the last batch is evaluated against a working state that sees
 * its own writes, and comes out as one batch. Used by one thread; nothing outside it changes.
 */
public final class Turn {
    private final ClusterState base;
    private final Instant now;
    private final Supplier<String> ids;
    private final Map<String, Change> changes = new LinkedHashMap<>();
    private ClusterState working;
    private Changed unseen = Changed.nothing();
    private TaskTransitions.Maker maker = TaskTransitions.Maker.UNNAMED;

    /**
     * @param base the last committed state
     * @param now the turn's one moment
     * @param ids source of new object IDs, see {@link Ids}
     */
    public Turn(ClusterState base, Instant now, Supplier<String> ids) {
        this.base = base;
        this.now = now;
        this.ids = ids;
        this.working = base;
    }

    /** The state with everything this turn has changed so far. */
    public ClusterState state() {
        return working;
    }

    /** The state the turn began from, as committed. */
    public ClusterState base() {
        return base;
    }

    public Instant now() {
        return now;
    }

    /** Who makes the changes from now on, for {@link TaskTransitions}. */
    public void as(TaskTransitions.Maker next) {
        maker = next;
    }

    /** An ID no object has. */
    public String newId() {
        return ids.get();
    }

    /** Makes or replaces an object. The caller sets UpdatedAt; the version follows from the commit. */
    public void put(StoreObject object) {
        StoreObject before = working.find(object.kind(), object.id());
        if (object.equals(before)) {
            return;
        }
        if (object instanceof Task task) {
            TaskTransitions.check(maker, before instanceof Task old ? old : null, task);
        }
        working = working.with(object);
        changes.put(object.kind().key(object.id()), new Change.Put(object));
        unseen = unseen.plus(object.kind(), object.id());
    }

    /** Removes an object; nothing when it is not there. */
    public void remove(ObjectKind kind, String id) {
        if (working.find(kind, id) == null) {
            return;
        }
        working = working.without(kind, id);
        if (base.find(kind, id) == null) {
            changes.remove(kind.key(id));
        } else {
            changes.put(kind.key(id), new Change.Remove(kind, id));
        }
        unseen = unseen.plus(kind, id);
    }

    /** Has a node told that a task or a container it reports is not the cluster's. */
    public void disown(String nodeId, ObjectKind kind, String id) {
        changes.put(kind.key(id), new Change.Disown(nodeId, kind, id));
    }

    /** What was changed since the last call of this method: what the control loops have not reacted to yet. */
    public Changed takeUnseen() {
        Changed taken = unseen;
        unseen = Changed.nothing();
        return taken;
    }

    /**
     * Whether this turn has changed or removed the object: its version is then no longer the one a client can have seen,
     * though the new one only follows from the commit.
     */
    public boolean hasChanged(ObjectKind kind, String id) {
        return changes.containsKey(kind.key(id));
    }

    /** How many objects are changed so far. */
    public int size() {
        return changes.size();
    }

    public boolean isEmpty() {
        return changes.isEmpty();
    }

    /** Every change, one per object, in the order of each object's first. */
    public List<Change> changes() {
        return List.copyOf(changes.values());
    }
}
