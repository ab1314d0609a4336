package io.flotilla.manager.raft;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/**
 * A member in a process of its own, for {@link RatisDurabilityTest} to kill. Each of its writers proposes 1, 2, 3, ... one
 * after the other, beginning after what the log has. It prints "has WRITER NUMBER" for its state when it leads, "ack WRITER
 * NUMBER" when a proposal is acknowledged, and "broken ..." when an entry is applied out of turn, twice or not at all.
 */
final class KilledMember implements StateMachine {
    static final int WRITERS = 16;

    private static final int SNAPSHOT_THRESHOLD = 300;
    private static final PrintStream OUT = System.out;

    private final long[] last = new long[WRITERS];
    private final CountDownLatch leading = new CountDownLatch(1);

    private KilledMember() {}

    public static void main(String[] args) throws Exception {
        var self = new Member("m1", args[1]);
        var machine = new KilledMember();
        var config = new RatisConfig(
                "durability", self, Path.of(args[0]), List.of(self), SNAPSHOT_THRESHOLD, Duration.ofMillis(300));
        RatisLog log = RatisLog.start(config, machine);
        machine.leading.await();
        long[] begin = machine.state();
        for (int writer = 0; writer < WRITERS; writer++) {
            OUT.println("has " + writer + " " + begin[writer]);
        }
        OUT.println("leading");
        for (int writer = 0; writer < WRITERS; writer++) {
            int number = writer;
            Thread.ofPlatform().start(() -> machine.write(log, number, begin[number]));
        }
    }

    private void write(RatisLog log, int writer, long begin) {
        RandomGenerator random = RandomGenerator.getDefault();
        for (long number = begin + 1; ; number++) {
            // mostly small; some fill a segment soon, or take more than one write call
            int padding = random.nextInt(20) == 0 ? random.nextInt(1 << 19) : random.nextInt(1 << 10);
            byte[] entry = ByteBuffer.allocate(12 + padding)
                    .putInt(writer)
                    .putLong(number)
                    .array();
            append(log, writer, number, entry);
            OUT.println("ack " + writer + " " + number);
        }
    }

    /** Until it is in the log. A member that was not given the CPU for a while steps down and leads again. */
    private void append(RatisLog log, int writer, long number, byte[] entry) {
        while (true) {
            try {
                Long unused = log.propose(entry.clone()).join();
                return;
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof RaftException)) {
                    throw e;
                }
            }
            while (!log.isLeader()) {
                LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
            }
            // who leads again has applied whatever of its own got into the log
            if (state()[writer] >= number) {
                return;
            }
        }
    }

    private synchronized long[] state() {
        return last.clone();
    }

    @Override
    public synchronized void apply(long index, byte[] entry) {
        ByteBuffer buffer = ByteBuffer.wrap(entry);
        int writer = buffer.getInt();
        long number = buffer.getLong();
        if (number != last[writer] + 1) {
            OUT.println("broken: writer " + writer + " applied " + number + " after " + last[writer]);
        }
        last[writer] = number;
    }

    @Override
    public SnapshotWriter captureSnapshot() {
        long[] image = state();
        return out -> {
            var data = new DataOutputStream(out);
            for (long number : image) {
                data.writeLong(number);
            }
            data.flush();
        };
    }

    @Override
    public synchronized void readSnapshot(long index, InputStream in) throws IOException {
        var data = new DataInputStream(in);
        for (int writer = 0; writer < WRITERS; writer++) {
            last[writer] = data.readLong();
        }
    }

    @Override
    public void leaderChanged(Leadership leadership) {
        if (leadership.self()) {
            leading.countDown();
        }
    }

    @Override
    public void failed(Throwable cause) {
        OUT.println("broken: " + cause);
    }
}
