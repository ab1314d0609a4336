package io.flotilla.agent.container;

import java.util.HashMap;
import java.util.Map;

/**
 * Which containers' roots are being written to from outside. While one is, its container is not started: the kernel wants one
 * overlay mount with an upper folder at a time. Safe for concurrent use.
 */
public final class RootHolds {
    private static final long LONGEST_WAIT_MS = 10_000;

    private final Map<String, Integer> writers = new HashMap<>();

    /** A writer; closing it lets the container start. */
    public interface Hold extends AutoCloseable {
        @Override
        void close();
    }

    public synchronized Hold write(String containerId) {
        writers.merge(containerId, 1, Integer::sum);
        boolean[] open = {true};
        return () -> {
            synchronized (this) {
                if (open[0]) {
                    open[0] = false;
                    writers.computeIfPresent(containerId, (id, count) -> count == 1 ? null : count - 1);
                    notifyAll();
                }
            }
        };
    }

    /** Waits a while for the writers to end. @return whether there are none */
    public synchronized boolean awaitNone(String containerId) throws InterruptedException {
        long until = System.nanoTime() + LONGEST_WAIT_MS * 1_000_000;
        while (writers.containsKey(containerId)) {
            long leftMs = (until - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                return false;
            }
            wait(leftMs);
        }
        return true;
    }
}
