package io.flotilla.bench.micro;

import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.schema.ObjectVersion;
import io.flotilla.bus.schema.Task;
import io.flotilla.bus.schema.TaskBuilder;
import io.flotilla.bus.schema.TaskState;
import io.flotilla.bus.schema.TaskStatus;
import io.flotilla.manager.state.Batch;
import io.flotilla.manager.state.BatchCodec;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.SnapshotCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a task costs on its way: JSON for the topics, Smile for Raft's entries and snapshots. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBench {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00.123456789Z");
    private static final int TASKS = 1_000;
    private static final int ENTRY_BYTES = 4 << 20;

    private final Task task = task(1);
    private final byte[] json = Codec.JSON.encode(task);
    private final byte[] smile = Codec.SMILE.encode(task);
    private final Batch batch = batch();
    private final byte[] entry = BatchCodec.encode(batch, ENTRY_BYTES).bytes();
    private final ClusterState state = ClusterState.empty().apply(batch, 1);
    private final byte[] snapshot = snapshotBytes();

    private static Task task(int number) {
        return TaskBuilder.builder()
                .id("task%021d".formatted(number))
                .version(new ObjectVersion(0))
                .createdAt(NOON)
                .updatedAt(NOON)
                .serviceId("service000000000000000001")
                .specVersion(1L)
                .slot((long) number)
                .nodeId("node000000000000000000001")
                .status(new TaskStatus(NOON, TaskState.RUNNING, "started", null, null, null))
                .desiredState(TaskState.RUNNING)
                .build();
    }

    private static Batch batch() {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < TASKS; i++) {
            changes.add(new Change.Put(task(i)));
        }
        return new Batch(0, NOON, changes, Map.of());
    }

    private byte[] snapshotBytes() {
        try {
            return snapshotOf1000Tasks();
        } catch (IOException e) {
            throw new IllegalStateException("a snapshot in memory can't fail", e);
        }
    }

    @Benchmark
    public byte[] taskToJson() {
        return Codec.JSON.encode(task);
    }

    @Benchmark
    public Task taskFromJson() throws IOException {
        return Codec.JSON.decode(json, Task.class);
    }

    @Benchmark
    public byte[] taskToSmile() {
        return Codec.SMILE.encode(task);
    }

    @Benchmark
    public Task taskFromSmile() throws IOException {
        return Codec.SMILE.decode(smile, Task.class);
    }

    @Benchmark
    public byte[] entryOf1000Tasks() {
        return BatchCodec.encode(batch, ENTRY_BYTES).bytes();
    }

    @Benchmark
    public Batch entryOf1000TasksRead() throws IOException {
        return BatchCodec.decode(entry);
    }

    @Benchmark
    public ClusterState batchOf1000TasksApplied() {
        return ClusterState.empty().apply(batch, 1);
    }

    @Benchmark
    public byte[] snapshotOf1000Tasks() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SnapshotCodec.write(state, out);
        return out.toByteArray();
    }

    @Benchmark
    public ClusterState snapshotOf1000TasksRestored() throws IOException {
        return SnapshotCodec.read(new ByteArrayInputStream(snapshot));
    }
}
