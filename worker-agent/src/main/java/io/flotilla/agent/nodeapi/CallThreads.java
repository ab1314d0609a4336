package io.flotilla.agent.nodeapi;

import io.flotilla.agent.image.ImageRefused;
import io.flotilla.agent.image.registry.RegistryFailure;
import io.flotilla.agent.log.LogRefused;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.stats.ProcessTable;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Platform threads for the calls that take time, one each and at most so many for all services of the node together: the
 * runtime's native calls would pin virtual ones. A client that leaves interrupts its call.
 */
public final class CallThreads implements AutoCloseable {
    private static final int MOST_CALLS = 256;

    private final ExecutorService threads = new ThreadPoolExecutor(
            0,
            MOST_CALLS,
            30,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().name("node-api-", 1).daemon().factory());

    /** What a call does on its thread; what it throws becomes the call's status. */
    interface Work {
        void run()
                throws IOException, InterruptedException, ActionRefused, ImageRefused, LogRefused, RegistryFailure,
                        ProcessTable.UnsupportedOption;
    }

    /** Ends the call when the work is done, or at once with RESOURCE_EXHAUSTED when there are too many. */
    void run(CallOutput<?> output, Work work) {
        try {
            threads.execute(() -> {
                Thread thread = Thread.currentThread();
                output.onCancel(thread::interrupt);
                try {
                    work.run();
                    output.complete();
                } catch (CancellationException | InterruptedException left) {
                    output.fail(new CancellationException("the client has left"));
                } catch (IOException
                        | ActionRefused
                        | ImageRefused
                        | RegistryFailure
                        | LogRefused
                        | ProcessTable.UnsupportedOption
                        | RuntimeException failure) {
                    output.fail(failure);
                } finally {
                    output.onCancel(() -> {});
                }
            });
        } catch (RejectedExecutionException full) {
            output.fail(full);
        }
    }

    /** Begins what goes on without a thread of its own; what the work throws, or that there are too many calls, is told. */
    void begin(Work work, Consumer<Exception> failed) {
        try {
            threads.execute(() -> {
                try {
                    work.run();
                } catch (IOException
                        | InterruptedException
                        | ActionRefused
                        | ImageRefused
                        | RegistryFailure
                        | LogRefused
                        | ProcessTable.UnsupportedOption
                        | RuntimeException failure) {
                    failed.accept(failure);
                }
            });
        } catch (RejectedExecutionException full) {
            failed.accept(full);
        }
    }

    /** The threads themselves, for a call's further work. */
    Executor executor() {
        return threads;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
