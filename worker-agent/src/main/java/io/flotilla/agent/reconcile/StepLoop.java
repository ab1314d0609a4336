package io.flotilla.agent.reconcile;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes one thing's steps on its own serial queue, as many as there are to take, each time something has changed; after a
 * failure it waits, longer each time, and goes on. Actions of users run between the steps.
 */
final class StepLoop {
    private static final int MOST_WAITING_ACTIONS = 64;
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LAST_RETRY = Duration.ofSeconds(30);

    private final WorkerPorts ports;
    private final Steps steps;
    private final SerialQueue queue;
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile boolean held;
    private Duration retry = FIRST_RETRY;

    enum Turn {
        /** There may be another step. */
        AGAIN,
        /** Something will say when to look again. */
        REST
    }

    /** All called on the queue. */
    interface Steps {
        /** Takes in what has come meanwhile. */
        void begin() throws IOException;

        /** Takes the next step, if there is one now. */
        Turn step() throws IOException;

        /** It does not go on before {@code retry} is over. */
        void held(IOException reason, Duration retry);

        /** No further step for now. @param failure that stopped it, null when there is nothing left to do */
        void rested(@Nullable IOException failure);
    }

    /** What a user asks of a container. */
    interface Action {
        void run() throws ActionRefused, IOException;
    }

    StepLoop(WorkerPorts ports, Steps steps) {
        this.ports = ports;
        this.steps = steps;
        this.queue = new SerialQueue(ports.pool(), MOST_WAITING_ACTIONS);
    }

    /** Look again whether something is to be done; any number of calls until then are one. */
    void converge() {
        if (asked.compareAndSet(false, true)) {
            ports.onQueue(queue, this::run);
        }
    }

    /** Runs something that is there once at a time, such as a probe, between the steps. */
    void execute(Runnable job) {
        ports.onQueue(queue, job);
    }

    CompletableFuture<Void> submit(Action action) {
        return submit(action, queue::offer);
    }

    /** The end of an action that has begun: it is not turned away when many others wait. */
    CompletableFuture<Void> finish(Action action) {
        return submit(action, queue::execute);
    }

    private static CompletableFuture<Void> submit(Action action, Consumer<Runnable> queue) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        try {
            queue.accept(() -> {
                try {
                    action.run();
                    result.complete(null);
                } catch (ActionRefused | IOException | RuntimeException refusedOrFailed) {
                    result.completeExceptionally(refusedOrFailed);
                }
            });
        } catch (RejectedExecutionException full) {
            result.completeExceptionally(full);
        }
        return result;
    }

    /** On the queue: all steps that can be taken now. */
    void run() {
        asked.set(false);
        IOException failure = null;
        try {
            steps.begin();
            Turn turn = Turn.AGAIN;
            while (!held && turn == Turn.AGAIN) {
                turn = steps.step();
            }
            if (!held) {
                retry = FIRST_RETRY;
            }
        } catch (IOException e) {
            failure = e;
            hold(e);
        }
        steps.rested(failure);
    }

    private void hold(IOException e) {
        held = true;
        steps.held(e, retry);
        ports.later(retry, () -> {
            held = false;
            converge();
        });
        retry = retry.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : retry.multipliedBy(2);
    }
}
