package io.flotilla.bench.micro;

import io.flotilla.bus.schema.TaskState;
import io.flotilla.manager.scheduler.Scheduler;
import io.flotilla.manager.state.Changed;
import io.flotilla.manager.state.ClusterState;
import io.flotilla.manager.state.Turn;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A new leader that knows no node yet places everything that waits, in one turn. {@code placed} is placements a second:
 * with reading the nodes, ranking, accounting and writing every task to the turn's state.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@Fork(value = 1, jvmArgsAppend = "-Xmx6g")
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 3, time = 3)
public class SchedulerBench {
    @Param({"1000/100", "100000/5000", "1000000/10000"})
    public String tasksOnNodes = "";

    @Param({"alike", "different"})
    public String tasks = "";

    @Param({"NOTHING", "CONSTRAINT", "SPREAD"})
    public Placements.Wish wish = Placements.Wish.NOTHING;

    private ClusterState waiting = ClusterState.empty();
    private int count;

    /** Counted by JMH per second. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Counters {
        public long placed;
    }

    @Setup
    public void fill() {
        String[] sizes = tasksOnNodes.split("/");
        count = Integer.parseInt(sizes[0]);
        waiting = Placements.waiting(
                Placements.nodes(Integer.parseInt(sizes[1])), count, tasks.equals("different"), wish);
    }

    @Benchmark
    public Turn place(Counters counters) {
        Turn turn = new Turn(waiting, Placements.NOON, () -> "unused");
        new Scheduler().settle(turn, Changed.all());
        long placed = turn.state().tasks().stream()
                .filter(task -> task.state() == TaskState.ASSIGNED)
                .count();
        if (placed != count) {
            throw new IllegalStateException(placed + " of " + count + " were placed");
        }
        counters.placed += placed;
        return turn;
    }
}
