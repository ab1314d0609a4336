package io.flotilla.agent.nodeapi;

import com.fasterxml.jackson.core.JacksonException;
import com.google.protobuf.ByteString;
import io.flotilla.agent.container.Signals;
import io.flotilla.agent.reconcile.ActionRefused;
import io.flotilla.agent.reconcile.ActionRefused.Reason;
import io.flotilla.agent.reconcile.Containers;
import io.flotilla.bus.assignment.Assignment;
import io.flotilla.bus.assignment.Assignment.RunContainer;
import io.flotilla.bus.codec.Codec;
import io.flotilla.bus.report.Report;
import io.flotilla.bus.rpc.ContainerRef;
import io.flotilla.bus.rpc.ConvergeRequest;
import io.flotilla.bus.rpc.Empty;
import io.flotilla.bus.rpc.Observation;
import io.flotilla.bus.rpc.RemoveRequest;
import io.flotilla.bus.rpc.SignalRequest;
import io.flotilla.bus.rpc.StopRequest;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What changes a container's state: brought about, stopped, killed, paused, removed, and watched. An answer comes when the
 * container has done what it was told, and has no thread until then; a client that leaves does not take its order back, as
 * in Docker.
 */
public final class ContainerCalls {
    private final Containers containers;

    public ContainerCalls(Containers containers) {
        this.containers = containers;
    }

    /** An action that ends when the container does what it is told. */
    private interface Asked<T> {
        CompletableFuture<T> begin() throws ActionRefused, IOException;
    }

    void converge(ConvergeRequest request, StreamObserver<Observation> replies) {
        answer(replies, () -> containers.converge(assignment(request), request.getIndex()), ContainerCalls::message);
    }

    private static RunContainer assignment(ConvergeRequest request) throws ActionRefused, IOException {
        try {
            Assignment assignment = Codec.JSON.decode(request.getAssignment().toByteArray(), Assignment.class);
            if (assignment instanceof RunContainer container) {
                return container;
            }
            throw new ActionRefused(Reason.INVALID, "not the assignment of a container");
        } catch (JacksonException unreadable) {
            throw new ActionRefused(
                    Reason.INVALID,
                    "this node's version of Flotilla can't read the assignment: " + unreadable.getOriginalMessage());
        }
    }

    void stop(StopRequest request, StreamObserver<Observation> replies) {
        observed(
                replies,
                request.getContainerId(),
                () -> containers.stop(request.getContainerId(), stopSignal(request), timeout(request)));
    }

    void restart(StopRequest request, StreamObserver<Observation> replies) {
        observed(
                replies,
                request.getContainerId(),
                () -> containers.restart(request.getContainerId(), stopSignal(request), timeout(request)));
    }

    private static int stopSignal(StopRequest request) throws ActionRefused {
        return request.getSignal().isEmpty() ? 0 : signal(request.getSignal());
    }

    private static @Nullable Duration timeout(StopRequest request) {
        return request.hasTimeoutSeconds() ? Duration.ofSeconds(request.getTimeoutSeconds()) : null;
    }

    void kill(SignalRequest request, StreamObserver<Observation> replies) {
        observed(
                replies,
                request.getContainerId(),
                () -> containers.signal(
                        request.getContainerId(),
                        signal(request.getSignal().isEmpty() ? "KILL" : request.getSignal())));
    }

    void pause(ContainerRef request, StreamObserver<Observation> replies) {
        observed(replies, request.getContainerId(), () -> containers.pause(request.getContainerId()));
    }

    void unpause(ContainerRef request, StreamObserver<Observation> replies) {
        observed(replies, request.getContainerId(), () -> containers.unpause(request.getContainerId()));
    }

    void remove(RemoveRequest request, StreamObserver<Empty> replies) {
        answer(
                replies,
                () -> containers.remove(request.getContainerId(), request.getForce(), request.getVolumes()),
                done -> Empty.getDefaultInstance());
    }

    private static int signal(String name) throws ActionRefused {
        return Signals.parse(name).orElseThrow(() -> new ActionRefused(Reason.INVALID, "invalid signal: " + name));
    }

    /** Answers with the container as the action has left it; one that its end took away answers as it was before. */
    private void observed(StreamObserver<Observation> replies, String reference, Asked<Void> asked) {
        answer(
                replies,
                () -> {
                    Report.ContainerObserved[] last = {containers.observation(reference)};
                    Containers.Watcher watcher = new Containers.Watcher() {
                        @Override
                        public void observed(Report.ContainerObserved seen) {
                            last[0] = seen;
                        }

                        @Override
                        public void gone() {}
                    };
                    return containers
                            .watch(reference, watcher)
                            .thenCompose(watching -> begun(asked))
                            .whenComplete((done, failure) -> containers.unwatch(watcher))
                            .thenApply(done -> last[0]);
                },
                ContainerCalls::message);
    }

    private static CompletableFuture<Void> begun(Asked<Void> asked) {
        try {
            return asked.begin();
        } catch (ActionRefused | IOException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    private static <T, R> void answer(StreamObserver<R> replies, Asked<T> asked, Function<T, R> reply) {
        ServerCallStreamObserver<R> call = (ServerCallStreamObserver<R>) replies;
        call.setOnCancelHandler(() -> {});
        CompletableFuture<T> done;
        try {
            done = asked.begin();
        } catch (ActionRefused | IOException refused) {
            call.onError(CallFailures.of(refused));
            return;
        }
        var answered = done.whenComplete((result, failure) -> {
            if (call.isCancelled()) {
                return;
            }
            if (failure != null) {
                call.onError(CallFailures.of(failure));
            } else {
                call.onNext(reply.apply(result));
                call.onCompleted();
            }
        });
        if (answered.isCancelled()) {
            throw new IllegalStateException("nobody cancels an action");
        }
    }

    void watch(ContainerRef request, StreamObserver<Observation> replies) {
        WatchCall watcher = new WatchCall((ServerCallStreamObserver<Observation>) replies, containers::unwatch);
        try {
            watcher.follow(containers.watch(request.getContainerId(), watcher));
        } catch (ActionRefused refused) {
            replies.onError(CallFailures.of(refused));
        }
    }

    static Observation message(Report.ContainerObserved observed) {
        return Observation.newBuilder()
                .setReport(ByteString.copyFrom(Codec.JSON.encode(observed)))
                .build();
    }
}
