package io.flotilla.manager.state;

import static io.flotilla.manager.state.Samples.T;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ObjectKind;
import io.flotilla.bus.schema.StoreObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What entries and snapshots refuse, and that no kind of object is lost in them. */
class CodecsTest {
    private static final List<StoreObject> ONE_OF_EACH = List.of(
            Samples.cluster("swarm"),
            Samples.node("n1"),
            Samples.service("s1", "web"),
            Samples.revision("s1", 1),
            Samples.task("t1", "s1"),
            Samples.network("net1"),
            Samples.image("sha256:1", "nginx:1"),
            Samples.container("c1", "db", "n1"),
            Samples.volume("n1", "data"),
            Samples.swarmVolume("v1", "shared"),
            Samples.secret("x1", "key"),
            Samples.config("y1", "key"));
    private static final List<Change> PUTS =
            ONE_OF_EACH.stream().<Change>map(Change.Put::new).toList();

    @Test
    void everyKindOfChangeIsReadBackFromAnEntry() throws IOException {
        List<Change> changes = new ArrayList<>(PUTS);
        changes.add(new Change.Remove(ObjectKind.SECRET, "x0"));
        changes.add(new Change.Disown("n1", ObjectKind.CONTAINER, "c0"));
        Batch batch = new Batch(7, T, changes, Map.of(3, 9L));
        BatchCodec.Entry entry = BatchCodec.encode(batch, 1 << 20);
        assertThat(entry.changes()).isEqualTo(changes.size());
        assertThat(BatchCodec.decode(entry.bytes())).isEqualTo(batch);
    }

    @Test
    void aDisownedOneOfAnOldEntryIsATask() throws IOException {
        String old = "{\"c\": \"disown\", \"nodeId\": \"n1\", \"id\": \"t1\"}";
        assertThat(Codec.JSON.mapper().readValue(old, Change.class))
                .isEqualTo(new Change.Disown("n1", ObjectKind.TASK, "t1"));
    }

    @Test
    void anEntryMayBeExactlyAsLargeAsTheLimit() {
        Batch batch = new Batch(0, T, PUTS, Map.of());
        int size = BatchCodec.encode(batch, 1 << 20).bytes().length;
        assertThat(BatchCodec.encode(batch, size).changes()).isEqualTo(PUTS.size());
        BatchCodec.Entry part = BatchCodec.encode(batch, size - 1);
        assertThat(part.changes()).isEqualTo(PUTS.size() - 1);
        assertThat(part.bytes().length).isLessThan(size);
    }

    @Test
    void aChangeOverTheLimitIsNamed() {
        Batch batch = new Batch(0, T, PUTS, Map.of());
        assertThatThrownBy(() -> BatchCodec.encode(batch, 100))
                .hasMessage("cluster/swarm alone is over the limit of 100 bytes");
    }

    @Test
    void anEntryOfAnotherFormatIsRefusedWhole() {
        byte[] newer =
                BatchCodec.encode(new Batch(0, T, PUTS, Map.of()), 1 << 20).bytes();
        newer[0] = 2;
        assertThatThrownBy(() -> BatchCodec.decode(newer))
                .isInstanceOf(IOException.class)
                .hasMessage("a log entry of format 2; this version of Flotilla reads 1");
        assertThatThrownBy(() -> BatchCodec.decode(new byte[0]))
                .hasMessage("a log entry of format none; this version of Flotilla reads 1");
    }

    private static ClusterState whole() {
        return Samples.state(ONE_OF_EACH.toArray(StoreObject[]::new)).restored(9, 8, T, Map.of(1, 2L));
    }

    private static byte[] snapshot() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SnapshotCodec.write(whole(), out);
        return out.toByteArray();
    }

    @Test
    void everyKindOfObjectIsReadBackFromASnapshot() throws IOException {
        ClusterState read = SnapshotCodec.read(new ByteArrayInputStream(snapshot()));
        for (StoreObject object : ONE_OF_EACH) {
            assertThat(read.find(object.kind(), object.id())).isEqualTo(object);
        }
        assertThat(read.index()).isEqualTo(9);
        assertThat(read.changedIndex()).isEqualTo(8);
        assertThat(read.time()).isEqualTo(T);
        assertThat(read.reportOffsets()).isEqualTo(Map.of(1, 2L));
    }

    @Test
    void whatFollowsASnapshotIsLeftToWhoeverMadeTheStream() throws IOException {
        AtomicBoolean closed = new AtomicBoolean();
        ByteArrayOutputStream out = new ByteArrayOutputStream() {
            @Override
            public void close() {
                closed.set(true);
            }
        };
        SnapshotCodec.write(whole(), out);
        SnapshotCodec.read(new ByteArrayInputStream(out.toByteArray()) {
            @Override
            public void close() {
                closed.set(true);
            }
        });
        assertThat(closed).isFalse();
    }

    @Test
    void aSnapshotCutShortIsRefused() throws IOException {
        byte[] all = snapshot();
        for (int length : List.of(20, all.length / 2, all.length - 2)) {
            byte[] cut = Arrays.copyOf(all, length);
            assertThatThrownBy(() -> SnapshotCodec.read(new ByteArrayInputStream(cut)))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void whatIsNoSnapshotIsShownByItsBeginning() {
        byte[] other = "FLOTILLA-STATE-\t9".getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> SnapshotCodec.read(new ByteArrayInputStream(other)))
                .hasMessage("not a snapshot that this version of Flotilla reads: begins with \"FLOTILLA-STATE-?\"");
    }
}
