package io.flotilla.bench.micro;

import io.flotilla.manager.state.Batch;
import io.flotilla.manager.state.Change;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.SnapshotCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.ref.Reference;
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

/** The state of 100,000 running tasks on 5,000 nodes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class StateBench {
    private static final int TASKS = 100_000;
    private static final int NODES = 5_000;
    private static final int BATCH = 1_000;

    private final ClusterState state = filled(Placements.nodes(NODES));
    private final Batch batch = batch();
    private final byte[] snapshot = bytes();

    /** Tasks of services of a hundred, spread evenly over the nodes. */
    static ClusterState filled(ClusterState nodes) {
        ClusterState state = nodes;
        for (int i = 0; i < TASKS; i++) {
            state = state.with(Placements.task(i, "service%017d".formatted(i / 100), "node%021d".formatted(i % NODES)));
        }
        return state;
    }

    private static Batch batch() {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            int number = i * (TASKS / BATCH);
            changes.add(new Change.Put(Placements.task(
                    number, "service%017d".formatted(number / 100), "node%021d".formatted(number % NODES))));
        }
        return new Batch(0, Placements.NOON, changes, Map.of());
    }

    private byte[] bytes() {
        try {
            return snapshotOf100000Tasks();
        } catch (IOException e) {
            throw new IllegalStateException("a snapshot in memory can't fail", e);
        }
    }

    @Benchmark
    public ClusterState batchOf1000TasksApplied() {
        return state.apply(batch, 1);
    }

    @Benchmark
    public byte[] snapshotOf100000Tasks() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(64 << 20);
        SnapshotCodec.write(state, out);
        return out.toByteArray();
    }

    @Benchmark
    public ClusterState snapshotOf100000TasksRestored() throws IOException {
        return SnapshotCodec.read(new ByteArrayInputStream(snapshot));
    }

    /** Heap of one task, its share of maps and indexes included: prints bytes. As restored from a snapshot. */
    public static void main(String[] none) throws IOException {
        StateBench bench = new StateBench();
        ClusterState nodes = Placements.nodes(NODES);
        long before = used();
        ClusterState restored = SnapshotCodec.read(new ByteArrayInputStream(bench.snapshot));
        long after = used();
        System.out.println("heap per task: "
                + (after - before) / restored.tasks().size() + " bytes, of "
                + restored.tasks().size() + " tasks and "
                + nodes.nodes().size() + " nodes");
        Reference.reachabilityFence(bench);
    }

    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
