package io.flotilla.agent.nodeapi;

import io.flotilla.agent.reconcile.Containers;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.rpc.Observation;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * One client that watches a container. Observations are sent from the container's queue, which never waits: a client that
 * has not taken so many of them is left behind with an error.
 */
final class WatchCall implements Containers.Watcher {
    private static final int MOST_WAITING = 1_000;

    private final ServerCallStreamObserver<Observation> call;
    private final Consumer<Containers.Watcher> unwatch;
    private int waiting;
    private boolean over;

    /** To be made in the service method itself, before it returns. */
    WatchCall(ServerCallStreamObserver<Observation> call, Consumer<Containers.Watcher> unwatch) {
        this.call = call;
        this.unwatch = unwatch;
        call.setOnCancelHandler(this::left);
        call.setOnReadyHandler(this::ready);
    }

    /** @param watching fails when there is nothing to watch */
    void follow(CompletableFuture<Void> watching) {
        var told = watching.whenComplete((begun, failure) -> {
            if (failure != null) {
                fail(failure);
            }
        });
        if (told.isCancelled()) {
            throw new IllegalStateException("nobody cancels a watch");
        }
    }

    @Override
    public synchronized void observed(Report.ContainerObserved seen) {
        if (over) {
            return;
        }
        waiting = call.isReady() ? 0 : waiting + 1;
        if (waiting > MOST_WAITING) {
            fail(new RejectedExecutionException("the client does not take what it watches"));
            unwatch.accept(this);
            return;
        }
        call.onNext(ContainerCalls.message(seen));
    }

    @Override
    public synchronized void gone() {
        if (!over) {
            over = true;
            call.onCompleted();
        }
    }

    private synchronized void fail(Throwable failure) {
        if (!over) {
            over = true;
            call.onError(CallFailures.of(failure));
        }
    }

    private synchronized void ready() {
        waiting = 0;
    }

    private void left() {
        synchronized (this) {
            over = true;
        }
        unwatch.accept(this);
    }
}
