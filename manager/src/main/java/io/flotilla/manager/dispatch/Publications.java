package io.flotilla.manager.dispatch;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.EventMessage;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.SpecRevision;
import io.flotilla.bus.schema.StoreObject;
import io.flotilla.bus.schema.StoredValue;
import io.flotilla.bus.topic.InRecord;
import io.flotilla.bus.topic.OutRecord;
import io.flotilla.bus.topic.Topic;
import io.flotilla.manager.seal.NodeSealing;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The records that follow from batches, states and the managers' keys. */
final class Publications {
    /**
     * How far publishing has come, committed with what it speaks of: on the assignments' partition 0 for the next
     * dispatcher, on the objects for readers that start late. Compaction may have taken the last objects' tombstones from
     * those, and they would wait for an index they never see. No node's key and no kind begins like it.
     */
    static final String POSITION_KEY = "_dispatch/position";

    static final int POSITION_PARTITION = 0;

    record Position(long index) {}

    private final Assignments assignments;

    Publications(NodeSealing sealing) {
        this.assignments = new Assignments(sealing);
    }

    List<OutRecord> of(AppliedLog.Applied applied) {
        List<Change> changes = applied.batch().changes();
        long index = applied.index();
        List<OutRecord> records = new ArrayList<>();
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            StoreObject object = applied.after().find(change.kind(), change.id());
            records.add(object(change.kind().key(change.id()), object, index, i == changes.size() - 1));
        }
        assignments
                .changed(applied.before(), applied.after(), changes)
                .forEach((key, assignment) -> records.add(assignment(key.toString(), assignment, index)));
        List<EventMessage> events = DockerEvents.of(
                applied.before(), applied.after(), changes, applied.batch().time());
        events.forEach(event -> records.add(event(event, index)));
        return records;
    }

    /** What makes the topics show a state, given the last record of every key on them. */
    List<OutRecord> resync(ClusterState state, List<InRecord> objects, List<InRecord> shownAssignments) {
        List<OutRecord> objectRecords = new ArrayList<>();
        Map<String, byte[]> shown = latest(objects);
        shown.remove(POSITION_KEY);
        for (ObjectKind kind : ObjectKind.values()) {
            for (StoreObject object : state.all(kind)) {
                String key = kind.key(object.id());
                OutRecord record = object(key, object, state.changedIndex(), false);
                if (!same(shown.remove(key), Objects.requireNonNull(record.value()))) {
                    objectRecords.add(record);
                }
            }
        }
        shown.keySet().forEach(stale -> objectRecords.add(object(stale, null, state.changedIndex(), false)));
        List<OutRecord> records = new ArrayList<>(objectRecords);
        if (!records.isEmpty()) {
            OutRecord last = records.removeLast();
            records.add(new OutRecord(last.topic(), last.partition(), last.key(), last.value(), last.index(), true));
        }
        Map<String, byte[]> assigned = latest(shownAssignments);
        assigned.remove(POSITION_KEY);
        assignments.all(state, (key, assignment) -> {
            OutRecord record = assignment(key.toString(), assignment, state.changedIndex());
            if (!same(assigned.remove(record.key()), Objects.requireNonNull(record.value()))) {
                records.add(record);
            }
        });
        assigned.keySet().forEach(stale -> records.add(assignment(stale, null, state.changedIndex())));
        return records;
    }

    static List<OutRecord> position(long index) {
        byte[] position = Codec.JSON.encode(new Position(index));
        return List.of(
                new OutRecord(Topic.OBJECTS, 0, POSITION_KEY, position, index, true),
                new OutRecord(Topic.ASSIGNMENTS, POSITION_PARTITION, POSITION_KEY, position, index, false));
    }

    /** @return -1 when nothing has ever been published */
    static long position(List<InRecord> latest) throws IOException {
        for (InRecord record : latest) {
            if (record.key().equals(POSITION_KEY) && record.value() != null) {
                return Codec.JSON.decode(record.value(), Position.class).index();
            }
        }
        return -1;
    }

    private static OutRecord object(String key, @Nullable StoreObject object, long index, boolean endOfBatch) {
        StoreObject shown =
                switch (object) {
                    // credentials are for the nodes that pull with them alone
                    case SpecRevision revision -> revision.withSealedRegistryAuth(null);
                    case StoredValue value -> value.withoutValue();
                    case null -> null;
                    default -> object;
                };
        return new OutRecord(Topic.OBJECTS, 0, key, shown == null ? null : Codec.JSON.encode(shown), index, endOfBatch);
    }

    private static OutRecord assignment(String key, @Nullable Object assignment, long index) {
        String nodeId = key.substring(0, key.indexOf('/'));
        return new OutRecord(
                Topic.ASSIGNMENTS,
                Topic.ASSIGNMENTS.partitionOf(nodeId),
                key,
                assignment == null ? null : Codec.JSON.encode(assignment),
                index,
                false);
    }

    private static OutRecord event(EventMessage event, long index) {
        String id =
                Objects.requireNonNullElse(Objects.requireNonNull(event.actor()).id(), "");
        return new OutRecord(Topic.EVENTS, Topic.EVENTS.partitionOf(id), id, Codec.JSON.encode(event), index, false);
    }

    private static Map<String, byte[]> latest(List<InRecord> records) {
        Map<String, byte[]> latest = new LinkedHashMap<>();
        for (InRecord record : records) {
            if (record.value() != null) {
                latest.put(record.key(), record.value());
            }
        }
        return latest;
    }

    private static boolean same(byte @Nullable [] shown, byte[] wanted) {
        if (shown == null || Arrays.equals(shown, wanted)) {
            return shown != null;
        }
        try {
            // the order of a map's entries may differ from one process to the next
            return Codec.JSON
                    .mapper()
                    .readTree(shown)
                    .equals(Codec.JSON.mapper().readTree(wanted));
        } catch (IOException e) {
            // not ours, or from an older version: replaced
            return false;
        }
    }
}
