package io.flotilla.agent.runtime.linux.cgroup;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** Waits for processes to stand still; version 1 has no notification of it, and both take microseconds as a rule. */
final class Freezing {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final long LOOK_AGAIN_MS = 1;

    private Freezing() {}

    interface Condition {
        boolean met() throws IOException;
    }

    interface Nudge {
        void nudge() throws IOException;
    }

    /** Looks until the condition holds; {@code between} two looks nudges the kernel where that is needed. */
    static void await(Path group, Condition condition, Nudge between) throws IOException {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.met()) {
            if (System.nanoTime() > deadline) {
                throw new IOException(
                        "the processes of " + group + " did not stand still within " + TIMEOUT.toMillis() + " ms");
            }
            try {
                Thread.sleep(LOOK_AGAIN_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while the processes of " + group + " were frozen", e);
            }
            between.nudge();
        }
    }
}
