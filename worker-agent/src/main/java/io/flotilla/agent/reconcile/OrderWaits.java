package io.flotilla.agent.reconcile;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Those who wait until an order for a container has been followed, or can't be. On the container's queue only. */
final class OrderWaits {
    private static final int MOST_WAITING = 64;

    private final List<Wait> waits = new ArrayList<>();

    private record Wait(long index, CompletableFuture<Void> done) {}

    /** @return whether there was room */
    boolean add(long index, CompletableFuture<Void> done) {
        if (waits.size() < MOST_WAITING) {
            waits.add(new Wait(index, done));
            return true;
        }
        done.completeExceptionally(
                new RejectedExecutionException("more than " + MOST_WAITING + " calls wait for one container"));
        return false;
    }

    boolean isEmpty() {
        return waits.isEmpty();
    }

    /**
     * Answers those who wait for an order up to this index.
     *
     * @param failure why the order of an index was not followed; null when it was
     */
    void answer(long index, LongFunction<@Nullable Exception> failure) {
        waits.removeIf(wait -> {
            if (wait.index() > index) {
                return false;
            }
            Exception reason = failure.apply(wait.index());
            if (reason == null) {
                wait.done().complete(null);
            } else {
                wait.done().completeExceptionally(reason);
            }
            return true;
        });
    }
}
