package io.flotilla.manager.raft;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.io.TempDir;

final class RatisLogTest extends ConsensusLogContract {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path dir;
    private final Map<String, Member> addresses = new HashMap<>();

    RatisLogTest(@TempDir Path dir) {
        this.dir = dir;
    }

    @Override
    ConsensusLog open(String id, List<String> founders, int snapshotThreshold, StateMachine machine) throws Exception {
        return RatisLog.start(
                new RatisConfig(
                        "test",
                        member(id),
                        dir.resolve(id),
                        founders.stream().map(this::member).toList(),
                        snapshotThreshold,
                        Duration.ofMillis(300)),
                machine);
    }

    @Override
    void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + PATIENCE);
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    @Override
    void elect() {
        leader();
    }

    @Override
    void stop(String id) {
        at(id).log().close();
    }

    @Override
    Member member(String id) {
        return addresses.computeIfAbsent(id, unknown -> new Member(unknown, "127.0.0.1:" + freePort()));
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
