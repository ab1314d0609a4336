package io.flotilla.bench;

import java.io.IOException;

/**
 * One thing an engine is timed at.
 *
 * @param rounds counted ones; as many again, at most five, warm up
 * @param unit of what a round measures; less is better unless it is a rate
 */
record Workload(String name, int rounds, String unit, boolean rate, Preparation preparation) {

    /** What a workload needs of an engine before its first round. */
    interface Preparation {
        Round prepare(Engine engine) throws IOException, InterruptedException;
    }

    /** What is done again and again, and undone at the end. */
    interface Round extends AutoCloseable {
        /** @return in the workload's unit */
        double run() throws IOException, InterruptedException;

        @Override
        default void close() throws IOException, InterruptedException {}
    }

    static Workload millis(String name, int rounds, Preparation preparation) {
        return new Workload(name, rounds, "ms", false, preparation);
    }

    static Workload perSecond(String name, int rounds, Preparation preparation) {
        return new Workload(name, rounds, "/s", true, preparation);
    }

    static double millisSince(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e6;
    }
}
