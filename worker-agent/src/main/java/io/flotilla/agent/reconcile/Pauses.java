package io.flotilla.agent.reconcile;

import io.flotilla.agent.container.ContainerRecord;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.runtime.ContainerRuntime;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Containers whose processes stand still: because their user paused them, or while they are committed. Both are journaled
 * before the kernel is told, so that a later agent lets go on what only a commit has held. Methods that take a record run
 * on its worker's queue.
 */
public final class Pauses {
    /** For the steps and actions before it. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

    private final ContainerRuntime runtime;

    Pauses(ContainerRuntime runtime) {
        this.runtime = runtime;
    }

    /** A container held for a commit. */
    public interface Hold extends AutoCloseable {
        /**
         * Lets it go on, unless others hold it too.
         *
         * @throws ActionRefused when the container has been removed meanwhile, and its files with it
         */
        @Override
        void close() throws ActionRefused, IOException;
    }

    void pause(Worker worker, ContainerRecord container, String reference) throws ActionRefused, IOException {
        String refused = "cannot pause container " + reference + ": ";
        if (container.restarting()) {
            throw new ActionRefused(
                    Reason.CONFLICT,
                    refused + "Container " + container.id() + " is restarting, wait until the container is running");
        }
        Containers.requireRunning(container, refused);
        if (container.paused()) {
            throw new ActionRefused(Reason.CONFLICT, refused + Worker.describe(container) + " is already paused");
        }
        change(worker, container, container.withPaused(true));
        tell(worker, "pause");
    }

    void unpause(Worker worker, ContainerRecord container, String reference) throws ActionRefused, IOException {
        if (!container.paused()) {
            throw new ActionRefused(
                    Reason.CONFLICT,
                    "cannot unpause container " + reference + ": Container " + container.id() + " is not paused");
        }
        change(worker, container, container.withPaused(false));
        tell(worker, "unpause");
    }

    /** It goes on, whoever holds it, because it is to end. */
    void release(Worker worker, ContainerRecord container) throws IOException {
        change(worker, container, container.withPaused(false).withCommits(0));
        if (container.paused()) {
            tell(worker, "unpause");
        }
    }

    private void change(Worker worker, ContainerRecord before, ContainerRecord next) throws IOException {
        if (next.frozen()) {
            worker.observe(next, false);
            if (!before.frozen()) {
                freeze(worker, before);
            }
        } else if (before.frozen()) {
            runtime.unpause(before.id());
            worker.observe(next, false);
            worker.life().monitor();
        }
    }

    private void freeze(Worker worker, ContainerRecord before) throws IOException {
        boolean frozen = false;
        try {
            worker.life().stopMonitor();
            runtime.pause(before.id());
            frozen = true;
        } finally {
            if (!frozen) {
                worker.observe(before, false);
                worker.life().monitor();
            }
        }
    }

    private static void tell(Worker worker, String action) {
        worker.life().report();
        worker.life().event(action, Map.of());
    }

    /** Not on the queue: waits for it. */
    Hold hold(Worker worker, boolean pause) throws ActionRefused, IOException {
        boolean[] holds = {false};
        CompletableFuture<Void> begun = worker.submit(() -> {
            ContainerRecord container = worker.container();
            if (pause && container != null && container.running()) {
                change(worker, container, container.withCommits(container.commits() + 1));
                holds[0] = true;
            }
        });
        StepLoop.Action end = () -> {
            ContainerRecord container = worker.container();
            if (container == null) {
                throw new ActionRefused(Reason.CONFLICT, "the container was removed while it was committed");
            }
            // a signal that ends it has let it go already
            if (holds[0] && container.commits() > 0) {
                change(worker, container, container.withCommits(container.commits() - 1));
            }
        };
        boolean held = false;
        try {
            await(begun);
            held = true;
        } finally {
            if (!held) {
                // it may still be taken up
                CompletableFuture<Void> _ = begun.thenCompose(done -> worker.finish(end));
            }
        }
        return () -> await(worker.finish(end));
    }

    private static void await(CompletableFuture<Void> action) throws ActionRefused, IOException {
        try {
            action.get(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case ActionRefused refused -> throw refused;
                case IOException failed -> throw failed;
                case RejectedExecutionException full -> throw full;
                case null, default -> throw new IllegalStateException(e);
            }
        } catch (TimeoutException e) {
            throw new IOException("the container was busy for " + LONGEST_WAIT.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a container");
        }
    }
}
